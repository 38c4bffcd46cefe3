import { furtherConformance } from './engine-further.ts';
import { engineConformance } from './engine.ts';
import { engines } from './engines.ts';

for (const engine of engines) {
  engineConformance(engine);
  furtherConformance(engine);
}
