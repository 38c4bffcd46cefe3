/**
 * Words with places and plural forms. A message is a text with `{name}` places, or an object of such texts by the
 * categories of `Intl.PluralRules`, chosen by the value `n`. Numbers that stand in a place are written as the language writes them.
 */
import type browse from './messages/en/browse.json';
import type cascade from './messages/en/cascade.json';
import type centre from './messages/en/centre.json';
import type compendium from './messages/en/compendium.json';
import type country from './messages/en/country.json';
import type desk from './messages/en/desk.json';
import type evidence from './messages/en/evidence.json';
import type exam from './messages/en/exam.json';
import type explore from './messages/en/explore.json';
import type help from './messages/en/help.json';
import type learner from './messages/en/learner.json';
import type network from './messages/en/network.json';
import type self from './messages/en/self.json';
import type trust from './messages/en/trust.json';
import type teach from './messages/en/teach.json';
import type verify from './messages/en/verify.json';

/** Every key of the English messages. */
export type Key =
  | keyof typeof learner
  | keyof typeof browse
  | keyof typeof self
  | keyof typeof teach
  | keyof typeof centre
  | keyof typeof verify
  | keyof typeof compendium
  | keyof typeof evidence
  | keyof typeof network
  | keyof typeof explore
  | keyof typeof trust
  | keyof typeof cascade
  | keyof typeof exam
  | keyof typeof country
  | keyof typeof desk
  | keyof typeof help;

export type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>;
export type Message = string | PluralForms;
export type Catalogue = Readonly<Record<string, Message>>;
export type Values = Readonly<Record<string, string | number>>;

/** What a component asks for its words. */
export type Translate = (key: Key, values?: Values) => string;

export interface Grammar {
  readonly plural: (n: number) => Intl.LDMLPluralRule;
  readonly number: (n: number) => string;
}

/** The text of a message. A place without a value stays as it is written, so that it is seen. */
export function fill(message: Message, values: Values, grammar: Grammar): string {
  const n = values['n'];
  const text =
    typeof message === 'string' ? message : (message[typeof n === 'number' ? grammar.plural(n) : 'other'] ?? message.other ?? '');
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : typeof value === 'number' ? grammar.number(value) : value;
  });
}
