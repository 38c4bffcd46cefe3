import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { RecordId } from '../domain/records.ts';
import { advanceSession, askedAtOnce, parseReceipt, startSession, type Revisions, type SessionEvent, type Step } from './session.ts';

const id = (n: number): RecordId => `p:attempt:c:i:${String(n)}` as RecordId;
const revisions = (n: number): Revisions => new Map(Array.from({ length: n }, (_, i) => [id(i), '1-a'] as const));
const receipt = (of: Revisions) => ({ node: 'cairo', epoch: 'e1', revisions: Object.fromEntries(of) });

function until(events: readonly SessionEvent[]): Step {
  return events.reduce((step, event) => advanceSession(step.state, event), startSession());
}

const toList: readonly SessionEvent[] = [
  { type: 'handed-over', changed: 1 },
  { type: 'replicated' },
  { type: 'mirrored' },
  { type: 'handed-over', changed: 0 },
];

describe('a pass', () => {
  it('asks the node even where nothing waits: its answer names the epoch', () => {
    const asked = until([...toList, { type: 'listed', revisions: new Map() }]);
    expect(asked.command).toEqual({ do: 'ask', revisions: new Map() });
  });

  it('asks about many in slices, and ends when all is covered', () => {
    const all = revisions(askedAtOnce + 3);
    const first = until([...toList, { type: 'listed', revisions: all }]);
    expect(first.command.do === 'ask' && first.command.revisions.size).toBe(askedAtOnce);
    const parsed = parseReceipt({ receipt: receipt(first.command.do === 'ask' ? first.command.revisions : new Map()) }, all);
    if (!parsed.ok) throw new Error(parsed.error);
    const marked = advanceSession(advanceSession(first.state, { type: 'answered', receipt: parsed.value }).state, {
      type: 'marked',
      withdrawn: 0,
    });
    expect(marked.command.do).toBe('list');
    const rest = new Map([...all].filter(([key]) => !parsed.value.revisions.has(key)));
    const second = advanceSession(marked.state, { type: 'listed', revisions: rest });
    expect(second.command.do === 'ask' && second.command.revisions.size).toBe(3);
  });

  it('sends once more what the node does not have, and then lets it wait', () => {
    const missing = revisions(1);
    const empty = { node: 'cairo', epoch: 'e1', revisions: new Map() } as never;
    const round: readonly SessionEvent[] = [
      { type: 'listed', revisions: missing },
      { type: 'answered', receipt: empty },
      { type: 'marked', withdrawn: 0 },
      { type: 'listed', revisions: missing },
    ];
    const again = until([...toList, ...round]);
    expect(again.command).toEqual({ do: 'send-again', ids: [id(0)] });
    const end = [{ type: 'sent-again' } as const, ...round].reduce((step, event) => advanceSession(step.state, event), again);
    expect(end.command).toEqual({ do: 'stop', outcome: { type: 'done', unconfirmed: 1 } });
  });

  it('asks what the place above has only where the centre says that it has more, and notes that it asked', () => {
    const relay = { node: 'sitc', epoch: 'p1', revisions: {}, state: '7-x' };
    const heard = (asked: Revisions): SessionEvent => {
      const parsed = parseReceipt({ receipt: receipt(asked), upstream: [relay] }, asked);
      if (!parsed.ok) throw new Error(parsed.error);
      return { type: 'answered', receipt: parsed.value };
    };
    const none = new Map();
    const covered = until([
      ...toList,
      { type: 'listed', revisions: none },
      heard(none),
      { type: 'marked', withdrawn: 0 },
      { type: 'listed', revisions: none },
    ]);
    expect(covered.command).toEqual({ do: 'list-unrelayed' });
    const done = { do: 'stop', outcome: { type: 'done', unconfirmed: 0 } };
    const all = revisions(askedAtOnce + 1);
    expect(advanceSession(covered.state, { type: 'listed-unrelayed', noted: 'sitc p1 7-x', revisions: all }).command).toEqual(done);

    const list: SessionEvent = { type: 'listed-unrelayed', noted: 'sitc p1 6-x', revisions: all };
    const first = advanceSession(covered.state, list);
    const again = [heard(none), { type: 'marked', withdrawn: 0 } as const, list].reduce(
      (step, event) => advanceSession(step.state, event),
      first,
    );
    expect([first, again].map(({ command }) => command.do === 'ask' && command.revisions.size)).toEqual([askedAtOnce, 1]);
    const noted = [heard(none), { type: 'marked', withdrawn: 0 } as const, list].reduce(
      (step, event) => advanceSession(step.state, event),
      again,
    );
    expect(noted.command).toEqual({ do: 'note-relay', key: 'sitc p1 7-x' });
    expect(advanceSession(noted.state, { type: 'relay-noted' }).command).toEqual(done);
  });

  it.each([
    ['no word of a place above', {}, {}],
    ['no place above', { upstream: [] }, { relay: null }],
  ])('reads an answer with %s', (_what, more, read) => {
    expect(parseReceipt({ receipt: receipt(new Map()), ...more }, new Map())).toMatchObject({ ok: true, value: read });
  });

  it.each([[['sitc']], [[{ node: 'sitc' }]], 'sitc', [[{ node: 'SITC!', epoch: 'p', revisions: {}, state: '' }]]])(
    'does not take %j for a place above',
    (upstream) => {
      expect(parseReceipt({ receipt: receipt(new Map()), upstream }, new Map())).toEqual({ ok: false, error: 'nonsense' });
    },
  );

  it('does not let a node that changes its epoch with every answer keep it for ever', () => {
    let step = until(toList);
    let steps = 0;
    while (step.command.do !== 'stop') {
      expect(++steps).toBeLessThan(60);
      const event: SessionEvent =
        step.command.do === 'list'
          ? { type: 'listed', revisions: revisions(2) }
          : step.command.do === 'ask'
            ? { type: 'answered', receipt: { node: 'cairo', epoch: String(steps), revisions: new Map() } as never }
            : step.command.do === 'mark'
              ? { type: 'marked', withdrawn: 1 }
              : step.command.do === 'send-again'
                ? { type: 'sent-again' }
                : step.command.do === 'hand-over'
                  ? { type: 'handed-over', changed: 1 }
                  : step.command.do === 'replicate'
                    ? { type: 'replicated' }
                    : { type: 'mirrored' };
      step = advanceSession(step.state, event);
    }
    expect(step.command).toEqual({ do: 'stop', outcome: { type: 'done', unconfirmed: 2 } });
  });

  it('stops at the first failure, wherever it is', () => {
    for (let n = 0; n <= toList.length; n++) {
      const { command } = until([...toList.slice(0, n), { type: 'failed', failure: 'unreachable' }]);
      expect(command).toEqual({ do: 'stop', outcome: { type: 'failed', failure: 'unreachable' } });
    }
  });

  it('throws on an event that does not belong to its state: that is a bug of the driver', () => {
    expect(() => advanceSession(startSession().state, { type: 'marked', withdrawn: 0 })).toThrow('first-hand-over');
  });
});

describe('a receipt', () => {
  const asked: Revisions = new Map([
    [id(1), '1-a'],
    [id(2), '2-b'],
  ]);

  it('counts for what was asked about, with the revision that was asked about', () => {
    const said = { node: 'cairo', epoch: 'e1', revisions: { [id(1)]: '1-a', [id(2)]: '2-c', [id(3)]: '1-z' } };
    expect(parseReceipt({ receipt: said, now: '' }, asked)).toEqual({
      ok: true,
      value: { node: 'cairo', epoch: 'e1', revisions: new Map([[id(1), '1-a']]) },
    });
  });

  it('is nonsense where it is not whole', () => {
    for (const answer of [null, 'ok', {}, { receipt: null }, { receipt: { node: 'Cairo!', epoch: 'e', revisions: {} } }])
      expect(parseReceipt(answer, asked).ok).toBe(false);
    expect(parseReceipt({ receipt: { node: 'cairo', epoch: '', revisions: {} } }, asked).ok).toBe(false);
    expect(parseReceipt({ receipt: { node: 'cairo', epoch: 'e', revisions: { a: 1 } } }, asked).ok).toBe(false);
  });

  it('never names what was not asked about, whatever is answered', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (said) => {
        const parsed = parseReceipt({ receipt: { node: 'cairo', epoch: 'e1', revisions: said } }, asked);
        expect(parsed.ok && [...parsed.value.revisions].every(([key, rev]) => asked.get(key) === rev)).toBe(true);
      }),
    );
  });
});
