/**
 * Makes the recording of a talk from its text: each paragraph of the transcript (below the first heading) is read by eSpeak NG, the whole is pressed by opusenc,
 * and the paragraphs get the times at which they begin. Run by whoever changes the text; what it makes lies beside the text and is what is published.
 *
 *   node scripts/record-talk.ts courses/talk-from-need-to-course/01-talk/01-listen.md en talk.opus
 *
 * Needs `espeak-ng` and `opusenc` (Debian: espeak-ng, opus-tools).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { showTime } from '../src/lib/course/audio.ts';

const [file, voice, name] = process.argv.slice(2);
if (file === undefined || voice === undefined || name === undefined) {
  process.stderr.write('Usage: node scripts/record-talk.ts <unit.md> <voice of eSpeak NG> <file.opus>\n');
  process.exit(64);
}

/** eSpeak NG writes 22,050 samples a second, 16 bits, one channel, after a head of 44 bytes. */
const rate = 22_050;
const headLength = 44;
const pause = Buffer.alloc(Math.round(rate * 0.7) * 2);

const text = readFileSync(file, 'utf8');
const at = text.indexOf('\n## ');
const body = text.indexOf('\n', at + 1);
const paragraphs = text
  .slice(body)
  .split(/\n\s*\n/)
  .map((paragraph) => paragraph.trim().replace(/^\*\*\d+:\d\d\*\*\s*/, ''))
  .filter((paragraph) => paragraph !== '');

const folder = mkdtempSync(join(tmpdir(), 'perigee-talk-'));
try {
  let seconds = 0;
  const sounds: Buffer[] = [];
  const timed: string[] = [];
  for (const [i, paragraph] of paragraphs.entries()) {
    const wave = join(folder, `${String(i)}.wav`);
    execFileSync('espeak-ng', ['-v', voice, '-s', '150', '-w', wave, paragraph]);
    const sound = Buffer.concat([readFileSync(wave).subarray(headLength), pause]);
    timed.push(`**${showTime(Math.floor(seconds))}** ${paragraph}`);
    sounds.push(sound);
    seconds += sound.length / 2 / rate;
  }
  const raw = join(folder, 'whole.raw');
  writeFileSync(raw, Buffer.concat(sounds));
  const options = ['--quiet', '--speech', '--bitrate', '8', '--framesize', '60', '--serial', '1', '--discard-comments'];
  execFileSync('opusenc', [...options, '--raw', '--raw-rate', String(rate), '--raw-chan', '1', raw, join(dirname(file), name)]);
  writeFileSync(file, `${text.slice(0, body)}\n\n${timed.join('\n\n')}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
