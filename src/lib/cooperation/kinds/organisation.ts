/** Who teaches, provides, hosts: a regional centre, an agency, a university, a company, a museum. */
import type { EntryId, Text, Written } from '../entry.ts';
import type { Reader } from '../reader.ts';
import { countryPattern, languagePattern, readWritten } from './written.ts';

export const organisationTypes = [
  'un',
  'regional-centre',
  'intergovernmental',
  'agency',
  'university',
  'company',
  'ngo',
  'museum',
] as const;
export type OrganisationType = (typeof organisationTypes)[number];

export const roles = ['affiliated', 'alliance', 'network', 'compact'] as const;

export interface Organisation extends Written {
  readonly kind: 'organisation';
  readonly id: EntryId;
  readonly title: Text;
  readonly summary: Text;
  readonly type: OrganisationType;
  /** Its part in the cooperation; nobody is listed in a role that nothing published says it has. */
  readonly roles: readonly (typeof roles)[number][];
  /** Of its seat; null for an organisation of many countries. */
  readonly country: string | null;
  readonly place: { readonly name: string; readonly latitude: number; readonly longitude: number } | null;
  readonly url: string | null;
  readonly languages: readonly string[];
}

export function readOrganisation(id: EntryId, reader: Reader): Organisation {
  const [place] = reader.parts('place', 0, (part) => ({
    name: part.text('name'),
    latitude: part.optionalNumber('latitude') ?? 0,
    longitude: part.optionalNumber('longitude') ?? 0,
  }));
  if (place !== undefined && (Math.abs(place.latitude) > 90 || Math.abs(place.longitude) > 180))
    reader.fault('bad-field', 'place', { name: 'place', expected: 'a latitude from -90 to 90 and a longitude from -180 to 180' });
  return {
    kind: 'organisation',
    id,
    title: reader.localized('title'),
    summary: reader.localized('summary'),
    type: reader.oneOf('type', organisationTypes),
    roles: reader.someOf('roles', roles),
    country: reader.optionalCode('country', countryPattern, 'a country of ISO 3166 such as NG'),
    place: place ?? null,
    url: reader.optionalAddress('url'),
    languages: reader.codes('languages', languagePattern, 'a list of language codes such as [en, fr]'),
    ...readWritten(reader),
  };
}
