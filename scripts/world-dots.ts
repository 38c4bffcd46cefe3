/**
 * Makes src/lib/domain/world-dots.ts: the land of the Earth as rows of dots. Run by hand, with the land of Natural Earth (public domain) as
 * npm's `world-atlas` carries it:
 *
 *   npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
 *   node scripts/world-dots.ts package/land-50m.json
 *
 * Dots stand on a grid in the Equal Earth projection, where equal areas on the ground are equal areas on the page. There are no borders. A
 * small island that no dot of the grid hits has one all the same: the list below names where.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onMap, mapHeight, mapStep, mapWidth } from '../src/lib/domain/world-map.ts';

type Point = readonly [longitude: number, latitude: number];
interface Topology {
  readonly transform: { readonly scale: Point; readonly translate: Point };
  readonly arcs: readonly (readonly Point[])[];
  readonly objects: { readonly land: { readonly geometries: readonly { readonly arcs: readonly (readonly (readonly number[])[])[] }[] } };
}

/** Capitals of small island developing States (members of the United Nations), longitude and latitude in degrees. */
const islands: readonly Point[] = [
  [-61.85, 17.12], [-77.35, 25.06], [-59.61, 13.1], [-88.77, 17.25], [-23.52, 14.93], [43.24, -11.7], [-82.38, 23.11], [-61.39, 15.3],
  [-69.93, 18.49], [178.44, -18.14], [-61.75, 12.05], [-15.58, 11.86], [-58.16, 6.8], [-72.33, 18.54], [-76.8, 17.97], [172.98, 1.33],
  [73.51, 4.18], [171.38, 7.09], [57.5, -20.16], [158.16, 6.92], [166.92, -0.55], [134.62, 7.5], [147.18, -9.44], [-171.77, -13.83],
  [6.73, 0.34], [55.45, -4.62], [103.82, 1.35], [159.95, -9.43], [-62.73, 17.3], [-60.99, 14.01], [-61.22, 13.16], [-55.2, 5.85],
  [125.58, -8.56], [-175.2, -21.14], [-61.52, 10.65], [179.2, -8.52], [168.32, -17.74], [50.58, 26.22], [-149.57, -17.54], [-157.86, 21.31],
]; // prettier-ignore

const [, , path] = process.argv;
if (path === undefined) throw new Error('Name the file land-50m.json of world-atlas.');
const topology = JSON.parse(readFileSync(path, 'utf8')) as Topology;

/** Arcs are differences of whole numbers, from one point to the next. */
const arcs = topology.arcs.map((arc) => {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]): Point => {
    x += dx;
    y += dy;
    return [
      x * topology.transform.scale[0] + topology.transform.translate[0],
      y * topology.transform.scale[1] + topology.transform.translate[1],
    ];
  });
});
const rings = topology.objects.land.geometries
  .flatMap(({ arcs: polygons }) => polygons.flat())
  .map((ring) => ring.flatMap((index) => (index < 0 ? [...(arcs[~index] ?? [])].reverse() : (arcs[index] ?? []))));

function isLand(longitude: number, latitude: number): boolean {
  let inside = false;
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i] ?? [0, 0];
      const [xj, yj] = ring[j] ?? [0, 0];
      if (yi > latitude !== yj > latitude && longitude < ((xj - xi) * (latitude - yi)) / (yj - yi) + xi) inside = !inside;
    }
  return inside;
}

/** The place under a point of the map, by looking for it: the projection has no simple inverse, and this runs once. */
function under(x: number, y: number): Point | null {
  let [low, high] = [-90, 90];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (onMap(0, middle).y > y) low = middle;
    else high = middle;
  }
  const latitude = (low + high) / 2;
  const half = onMap(180, latitude).x - mapWidth / 2;
  const longitude = ((x - mapWidth / 2) / half) * 180;
  return Math.abs(longitude) > 180 ? null : [longitude, latitude];
}

const [columns, rows] = [Math.floor(mapWidth / mapStep), Math.floor(mapHeight / mapStep)];
const thirds = [1 / 6, 1 / 2, 5 / 6];
const land = Array.from({ length: rows }, (_, row) =>
  Array.from({ length: columns }, (_, column) => {
    // A third of the ground that a dot stands for is enough: coasts of islands and isthmuses stay.
    const samples = thirds.flatMap((y) => thirds.map((x) => under((column + x) * mapStep, (row + y) * mapStep)));
    return samples.filter((place) => place !== null && isLand(...place)).length >= 3;
  }),
);
for (const [longitude, latitude] of islands) {
  const { x, y } = onMap(longitude, latitude);
  const row = land[Math.floor(y / mapStep)];
  if (row !== undefined) row[Math.floor(x / mapStep)] = true;
}

/** Row by row: where a run of dots begins and how many it has, both in base 36, two characters each. */
const runs = land.map((row) => {
  let text = '';
  for (let i = 0; i < row.length; i++) {
    if (row[i] !== true) continue;
    let n = 1;
    while (row[i + n] === true) n++;
    text += i.toString(36).padStart(2, '0') + n.toString(36).padStart(2, '0');
    i += n;
  }
  return text;
});
const first = runs.findIndex((text) => text !== '');
const used = runs.slice(first, runs.findLastIndex((text) => text !== '') + 1);
writeFileSync(
  fileURLToPath(new URL('../src/lib/domain/world-dots.ts', import.meta.url)),
  `/** Land, made by scripts/world-dots.ts from Natural Earth (public domain, naturalearthdata.com). */\nexport const firstRow = ${String(first)};\n/** Runs of dots for each row: begin and length, two characters of base 36 each. */\nexport const landRuns =\n  '${used.join(' ')}';\n`,
);
console.log(`${String(land.flat().filter(Boolean).length)} dots in ${String(used.join('').length / 4)} runs`);
