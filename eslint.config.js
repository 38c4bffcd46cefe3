import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['build/', '.svelte-kit/', 'node_modules/', 'data/', 'courses/', 'test-results/', 'bench/results/'] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    rules: {
      // An arrow to an unused name is a change that was left half made.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      // Data from outside is parsed, not believed.
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // The node speaks through its log, the page through its words.
      'no-console': 'error',
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['scripts/**', 'src/server/**', 'bench/**', 'tests/**'],
    languageOptions: { globals: globals.node },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['src/lib/app/**'],
    // As below.
    rules: { 'svelte/no-navigation-without-resolve': 'off' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // Links inside the app are built from ids by one function; the base path is always the root here.
      'svelte/no-navigation-without-resolve': 'off',
      // Lesson text is HTML that the compiler made and the fragment check accepted; the strict CSP stands behind both.
      'svelte/no-at-html-tags': 'off',
    },
  },
);
