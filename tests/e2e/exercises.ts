/** Exercises as a learner meets them: what is asked is read from the course's own pieces, and answered with the page's controls. */
import { expect, type Locator, type Page } from '@playwright/test';
import type { CourseStructure, Language, SignedManifest } from '../../src/lib/course/package.ts';
import type { Item } from '../../src/lib/exercise/item.ts';

export interface CourseOnNode {
  readonly manifest: SignedManifest['manifest'];
  readonly structure: CourseStructure;
  readonly itemsByUnit: ReadonlyMap<string, readonly Item[]>;
}

/** Reads a course from a running node as a device does. */
export async function readCourse(origin: string, course: string, language: Language): Promise<CourseOnNode> {
  const json = async (path: string): Promise<unknown> => {
    const response = await fetch(`${origin}${path}`);
    if (!response.ok) throw new Error(`${path}: ${String(response.status)}`);
    return response.json();
  };
  const { manifest } = (await json(`/content/manifests/${course}`)) as SignedManifest;
  const structure = (await json(`/content/pieces/${manifest.structure}`)) as CourseStructure;
  const itemsByUnit = new Map<string, readonly Item[]>();
  for (const { id, pieces } of [...structure.modules.flatMap(({ units }) => units), ...(structure.exams ?? [])]) {
    const piece = pieces[language];
    if (piece === undefined) throw new Error(`${course}/${id} is not written in ${language}`);
    itemsByUnit.set(id, (await json(`/content/pieces/${piece.items}`)) as readonly Item[]);
  }
  return { manifest, structure, itemsByUnit };
}

/** An exercise of a lesson is a form of its own, a question of an exam is not. */
export const exerciseOf = (page: Page, item: Item): Locator => page.locator(`:is(form, section)[data-item="${item.id}"]`);

/** The label that shows this HTML; Svelte's markers and the browser's own way of writing HTML do not count. */
async function labelOf(form: Locator, html: string): Promise<Locator> {
  const place = await form.locator('label').evaluateAll((labels, wanted) => {
    const plain = (text: string): string => {
      const template = document.createElement('template');
      template.innerHTML = text.replace(/<!--.*?-->/g, '');
      return template.innerHTML.trim();
    };
    return labels.findIndex((label) => plain(label.querySelector('span')?.innerHTML ?? '') === plain(wanted));
  }, html);
  if (place < 0) throw new Error(`No option shows ${html}`);
  return form.locator('label').nth(place);
}

/** Fills an exercise in, rightly or (where `wrong`) not, and leaves the checking to the caller. */
export async function fillIn(page: Page, item: Item, { wrong = false } = {}): Promise<void> {
  const form = exerciseOf(page, item);
  // Enabled once the application has woken up; what is read from the page below does not wait by itself.
  await expect(form.locator('fieldset:enabled')).toHaveCount(1);
  switch (item.kind) {
    case 'choice': {
      const option = item.options.find(({ key }) => (key === item.right) !== wrong);
      await (await labelOf(form, option?.text ?? '')).click();
      return;
    }
    case 'multiple': {
      for (const option of item.options) {
        const label = await labelOf(form, option.text);
        await label.locator('input').setChecked(item.right.includes(option.key) !== wrong);
      }
      return;
    }
    case 'number': {
      const [right] = item.answers;
      if (right === undefined) throw new Error(`${item.id} has no answer`);
      await form.locator('input[type=text]').fill(String(wrong ? right.value + 10 * (right.tolerance + 1) : right.value));
      if (item.units.length > 1) await form.locator('select').selectOption(right.unit);
      return;
    }
    case 'order': {
      const wanted = item.entries.map(({ key }) => key);
      if (wrong) wanted.reverse();
      for (const [place, key] of wanted.entries()) {
        for (;;) {
          const keys = await form.locator('li').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-key')));
          if (keys.indexOf(key) <= place) break;
          await form.locator(`li[data-key="${key}"] [data-by="-1"]`).click();
        }
      }
      return;
    }
    case 'match': {
      const rights = item.left.map(({ key }) => item.pairs[key] ?? '');
      if (wrong) rights.push(rights.shift() ?? '');
      for (const [i, { key }] of item.left.entries()) await form.locator(`select[id="${item.id}-${key}"]`).selectOption(rights[i] ?? '');
      return;
    }
    case 'gap': {
      for (const [i, gap] of item.gaps.entries()) {
        const field = form.locator('.gap').nth(i).locator('input, select');
        if (gap.type === 'typed') await field.fill(wrong ? 'x' : (gap.answers[0] ?? ''));
        else await field.selectOption(wrong ? (gap.choices.find((choice) => choice !== gap.right) ?? '') : gap.right);
      }
    }
  }
}

/** Answers an exercise and waits until the page says where it is kept. */
export async function answer(page: Page, item: Item, options: { wrong?: boolean } = {}): Promise<void> {
  await fillIn(page, item, options);
  await exerciseOf(page, item)
    .getByRole('button', { name: /^Check/ })
    .click();
  await expect(exerciseOf(page, item).locator('[role=status] [data-where]')).toBeVisible();
}
