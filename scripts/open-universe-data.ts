/**
 * Makes the data of the course open-universe: an image in FITS, a light curve, and a table of galaxies. All of it is synthetic, drawn from a seed, so that its
 * answers are known and nobody's licence is touched; the formats are the real ones. Run by hand: node scripts/open-universe-data.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = (path: string): string => fileURLToPath(new URL(`../courses/open-universe/01-data/${path}`, import.meta.url));

/** Mulberry32: the same numbers on every machine. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random = createRandom(20261130);
/** Box and Muller. */
const noise = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const size = 64;
/** Column and row from 1, the row from below; peak in counts, width in pixels. */
const sources = [
  { column: 18, row: 47, peak: 9200, width: 1.3 },
  { column: 51, row: 55, peak: 2100, width: 1.3 },
  { column: 9, row: 12, peak: 1300, width: 1.3 },
  { column: 33, row: 8, peak: 700, width: 1.3 },
  { column: 57, row: 29, peak: 480, width: 1.3 },
  { column: 27, row: 30, peak: 330, width: 1.3 },
  // The galaxy: wide and faint.
  { column: 44, row: 21, peak: 75, width: 4.5 },
];
const pixels = Array.from({ length: size * size }, (_, i) => {
  const [column, row] = [(i % size) + 1, Math.floor(i / size) + 1];
  const light = sources.reduce(
    (sum, source) => sum + source.peak * Math.exp(-((column - source.column) ** 2 + (row - source.row) ** 2) / (2 * source.width ** 2)),
    100,
  );
  return Math.round(light + 6 * noise());
});
// A pixel of the camera that does not measure.
const blank = -32768;
pixels[(40 - 1) * size + 60 - 1] = blank;

const card = (keyword: string, value: string | number | boolean, comment: string): string => {
  const text = typeof value === 'string' ? `'${value.padEnd(8)}'`.padEnd(20) : (value === true ? 'T' : value === false ? 'F' : String(value)).padStart(20); // prettier-ignore
  return `${keyword.padEnd(8)}= ${text} / ${comment}`.padEnd(80).slice(0, 80);
};
const comment = (text: string): string => `COMMENT   ${text}`.padEnd(80).slice(0, 80);
const header = [
  card('SIMPLE', true, 'conforms to the FITS standard'),
  card('BITPIX', 16, 'bits of each pixel'),
  card('NAXIS', 2, 'an image'),
  card('NAXIS1', size, 'pixels in a row'),
  card('NAXIS2', size, 'rows'),
  card('BLANK', blank, 'stands for: not measured'),
  card('BUNIT', 'adu', 'counts of the camera'),
  card('OBJECT', 'Synthetic field', 'no real part of the sky'),
  card('ORIGIN', 'Perigee course team', 'CC BY 4.0'),
  comment('Made for teaching by scripts/open-universe-data.ts'),
  'END'.padEnd(80),
].join('');
const data = Buffer.alloc(Math.ceil((pixels.length * 2) / 2880) * 2880);
pixels.forEach((value, i) => data.writeInt16BE(value, i * 2));
writeFileSync(folder('sky.fits'), Buffer.concat([Buffer.from(header.padEnd(Math.ceil(header.length / 2880) * 2880)), data]));

/** A star that pulsates: it rises fast and falls slowly, once in so many days. */
const period = 5.37;
const brightness = (phase: number): number => 12.4 - 0.45 * (phase < 0.25 ? phase / 0.25 : 1 - (phase - 0.25) / 0.75);
const times = Array.from({ length: 110 }, () => 62 * random()).sort((a, b) => a - b);
const curve = times.map((time) => [time.toFixed(3), (brightness((time / period + 0.4) % 1) + 0.015 * noise()).toFixed(3)].join(','));
writeFileSync(folder('light.csv'), `Time (d),Magnitude\n${curve.join('\n')}\n`);
writeFileSync(folder('light.es.csv'), `Tiempo (d),Magnitud\n${curve.join('\n')}\n`);

/** Galaxies that move away the faster the farther they are: 70 km/s for each megaparsec. */
const galaxies = Array.from({ length: 36 }, () => {
  const distance = 20 + 380 * random();
  return [distance.toFixed(0), Math.round((70 * distance + 450 * noise()) / 10) * 10].join(',');
});
writeFileSync(folder('galaxies.csv'), `Distance (Mpc),Velocity (km/s)\n${galaxies.join('\n')}\n`);
writeFileSync(folder('galaxies.es.csv'), `Distancia (Mpc),Velocidad (km/s)\n${galaxies.join('\n')}\n`);
console.log(`brightest pixel ${String(Math.max(...pixels))}, galaxy around column 44, row 21; period ${String(period)} d`);
