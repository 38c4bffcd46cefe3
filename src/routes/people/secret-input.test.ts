import { describe, expect, it } from 'vitest';
import { readSecret, westernDigits } from './secret-input.ts';

describe('readSecret', () => {
  it('takes 4 to 12 digits', () => {
    expect(readSecret('pin', '123', [])).toBeNull();
    expect(readSecret('pin', '1234', [])).toEqual({ type: 'pin', value: '1234' });
    expect(readSecret('pin', '1'.repeat(13), [])).toBeNull();
    expect(readSecret('pin', '12a4', [])).toBeNull();
  });
  it('reads the digits of Arabic and Persian keyboards', () => {
    expect(westernDigits('٠١٢٣٤٥٦٧٨٩')).toBe('0123456789');
    expect(westernDigits('۰۱۲۳۴۵۶۷۸۹')).toBe('0123456789');
    expect(readSecret('pin', ' ٤٥ ٦٧', [])).toEqual({ type: 'pin', value: '4567' });
  });
  it('takes three to six pictures in their order', () => {
    expect(readSecret('pictures', '1234', ['moon', 'sun'])).toBeNull();
    expect(readSecret('pictures', '', ['moon', 'sun', 'moon'])).toEqual({ type: 'pictures', value: 'moon-sun-moon' });
    expect(readSecret('pictures', '', Array(7).fill('sun'))).toBeNull();
  });
});
