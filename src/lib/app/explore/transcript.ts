/**
 * A recording and its transcript: a paragraph that begins with its time in bold (`**1:05** …`) is heard from there, and is marked while it is heard. Without
 * this the times are read, and the player is the browser's own.
 */
import type { Words } from '#lib/i18n/words.ts';

/** Seconds of a time as a transcript writes it; null where it is none. */
export function secondsOf(text: string): number | null {
  const [, minutes, seconds] = /^(\d{1,3}):([0-5]\d)$/.exec(text.trim()) ?? [];
  return minutes === undefined || seconds === undefined ? null : Number(minutes) * 60 + Number(seconds);
}

/** @returns what takes it all away again */
export function followed(figure: HTMLElement, root: HTMLElement, { t }: Pick<Words, 't'>): () => void {
  const audio = figure.querySelector('audio');
  if (audio === null) return () => undefined;
  audio.style.width = '100%';
  const stop = new AbortController();
  const parts = [...root.querySelectorAll<HTMLElement>('p')].flatMap((paragraph) => {
    const first = paragraph.firstElementChild;
    const at = paragraph.firstChild === first && first?.tagName === 'STRONG' ? secondsOf(first.textContent) : null;
    return at === null || first === null ? [] : [{ paragraph, first, at }];
  });
  const buttons = parts.map(({ first, at }) => {
    const button = document.createElement('button');
    button.type = 'button';
    // The lesson's own style sheet is weighed for those who have no recording.
    button.style.cssText =
      'min-height: 2.75rem; padding-inline: 0.75rem; margin-inline-end: 0.5rem; font-weight: 700; color: var(--accent); background: var(--sunk); border: 0; border-radius: var(--round)';
    button.textContent = first.textContent;
    button.setAttribute('aria-label', t('explore.play', { time: first.textContent }));
    button.addEventListener(
      'click',
      () => {
        audio.currentTime = at;
        // Where the sound is not here and cannot be fetched, the player itself says so.
        audio.play().catch(() => undefined);
      },
      { signal: stop.signal },
    );
    first.replaceWith(button);
    return { button, first };
  });
  const mark = (): void => {
    const now = parts.findLast(({ at }) => at <= audio.currentTime + 0.05);
    for (const one of parts) {
      const isHeard = one === now && !audio.paused;
      one.paragraph.toggleAttribute('data-heard', isHeard);
      one.paragraph.style.boxShadow = isHeard ? '0 2px 0 var(--accent)' : '';
    }
  };
  for (const event of ['timeupdate', 'play', 'pause', 'ended']) audio.addEventListener(event, mark, { signal: stop.signal });
  return () => {
    stop.abort();
    audio.pause();
    for (const { paragraph } of parts) {
      paragraph.removeAttribute('data-heard');
      paragraph.style.boxShadow = '';
    }
    for (const { button, first } of buttons) button.replaceWith(first);
  };
}
