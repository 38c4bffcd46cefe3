import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePeople } from '#lib/domain/people-table.ts';
import { groupsOf, planImport, type Deed } from './import-plan.ts';

const table = (text: string) => parsePeople(text) ?? [];
const cohorts = [
  { id: 'a', title: 'Dakar, spring' },
  { id: 'b', title: 'Thiès' },
];
const people = [{ name: 'Awa Keita', cohorts: [{ id: 'a' }] }];
const countries = [
  { id: 'kenya', title: 'Kenia' },
  { id: 'congo', title: 'Congo, República Democrática del' },
];
const plain = { cohorts, people, staff: [], invited: [], countries, otherwise: null, makes: false, again: false };
const short = (deeds: readonly Deed[]) =>
  deeds.map((deed) => (deed.type === 'fault' ? deed.fault : deed.type === 'enrol' ? (deed.cohort ?? `+${deed.title}`) : deed.type));

const lines = table(
  'Name;Cohort;Role\nAwa Keita;Dakar, Spring;\nAwa Keita;thies;\nBinta;;\nKofi;Saly;\nAma;saly;\nYaw;;trainer\n;;\nEsi;;driver\n;Thiès;\n',
);

describe('what an import will do', () => {
  it('says for each line what is done, or why nothing is', () => {
    const { deeds, missing } = planImport({ ...plain, lines });
    expect(short(deeds)).toEqual(['here', 'b', 'no-cohort', 'unknown-cohort', 'unknown-cohort', 'invite', 'unknown-role', 'no-name']);
    expect(missing).toEqual(['Saly']);
  });

  it('makes what is missing once, takes a cohort for who names none, and enrols again who is here, where that is wanted', () => {
    const { deeds } = planImport({ ...plain, lines, otherwise: cohorts[0] ?? null, makes: true, again: true });
    expect(short(deeds)).toEqual(['a', 'b', 'a', '+Saly', '+Saly', 'invite', 'unknown-role', 'no-name']);
    expect(groupsOf({ deeds, missing: [] }).map((group) => group.map(({ line }) => line.name))).toEqual([
      ['Awa Keita', 'Binta'],
      ['Awa Keita'],
      ['Kofi', 'Ama'],
    ]);
  });

  it('makes no second code for whoever has one, or is here, unless that is wanted', () => {
    const given = {
      ...plain,
      lines: table('Name;Cohort;Role\nKofi;Thiès;\nAma;Dakar, spring;\nYaw;;trainer\nEsi;;trainer\nEsi;;reviewer\n'),
      staff: [{ name: 'Yaw', roles: ['trainer'] }],
      invited: [
        { name: 'KOFI', for: 'b' },
        { name: 'Ama', for: 'b' },
        { name: 'Esi', for: 'trainer' },
      ],
    };
    expect(short(planImport(given).deeds)).toEqual(['waits', 'a', 'here', 'waits', 'invite']);
    expect(short(planImport({ ...given, again: true }).deeds)).toEqual(['b', 'a', 'invite', 'invite', 'invite']);
  });

  it('invites focal points for the countries that their line names, by name or id', () => {
    const { deeds } = planImport({
      ...plain,
      lines: table(
        'Name;Role;Speaks for\nA;focal point;Kenia\nB;point focal;"kenya; Congo, República Democrática del"\nC;focal point;\nD;focal point;Atlantis\nE;trainer;Kenia\n',
      ),
    });
    expect(deeds.map((deed) => (deed.type === 'invite' ? deed.countries.join() : deed.type === 'fault' ? deed.fault : deed.type))).toEqual([
      'kenya',
      'kenya,congo',
      'no-country',
      'unknown-country',
      '',
    ]);
  });

  it('has one deed for each line, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), fc.boolean(), (text, makes, again) => {
        const read = table(`Name,Cohort\n${text}`);
        expect(planImport({ ...plain, lines: read, makes, again }).deeds).toHaveLength(read.length);
      }),
    );
  });
});
