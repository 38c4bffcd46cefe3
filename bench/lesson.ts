/** The lesson that reading is measured with: the one that the tests weigh too. */
export const lessonPath = '/courses/satellite-navigation';

/** A lesson's text as the node renders it: the blocks between the frame's header and footer, and its last sentence. */
export async function lessonText(origin: string, path: string): Promise<{ readonly html: string; readonly lastWords: string }> {
  const page = await (await fetch(`${origin}${path}?lang=en`)).text();
  const blocks = [...page.matchAll(/<div[^>]*\bdata-block\b[^>]*>(.*?)<\/div><!--\/block-->/gs)].map(([, html]) => html ?? '');
  const html = blocks.join('\n');
  const words = html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ').trim();
  return { html, lastWords: words.slice(-60) };
}
