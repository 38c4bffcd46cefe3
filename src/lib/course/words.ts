/** The few words that the compiler itself puts into a lesson. Languages without words of their own get English ones. */
export interface LessonWords {
  readonly note: string;
  readonly example: string;
  readonly key: string;
  readonly warning: string;
  readonly references: string;
  readonly table: string;
  readonly formula: string;
  /** Link that saves a data table; the file's type and size follow. */
  readonly save: string;
  /** The same for a recording. */
  readonly saveSound: string;
}

const english: LessonWords = {
  note: 'Note',
  example: 'Example',
  key: 'Remember',
  warning: 'Take care',
  references: 'References',
  table: 'Table',
  formula: 'Formula',
  save: 'Save the data',
  saveSound: 'Save the recording',
};

const wordsByLanguage: Readonly<Record<string, LessonWords>> = {
  en: english,
  fr: {
    note: 'Remarque',
    example: 'Exemple',
    key: 'À retenir',
    warning: 'Attention',
    references: 'Références',
    table: 'Tableau',
    formula: 'Formule',
    save: 'Enregistrer les données',
    saveSound: 'Enregistrer le son',
  },
  es: {
    note: 'Nota',
    example: 'Ejemplo',
    key: 'Para recordar',
    warning: 'Atención',
    references: 'Referencias',
    table: 'Tabla',
    formula: 'Fórmula',
    save: 'Guardar los datos',
    saveSound: 'Guardar la grabación',
  },
  ar: {
    note: 'ملاحظة',
    example: 'مثال',
    key: 'للتذكّر',
    warning: 'تنبيه',
    references: 'المراجع',
    table: 'جدول',
    formula: 'صيغة',
    save: 'حفظ البيانات',
    saveSound: 'حفظ التسجيل',
  },
  zh: {
    note: '说明',
    example: '示例',
    key: '要点',
    warning: '注意',
    references: '参考文献',
    table: '表',
    formula: '公式',
    save: '保存数据',
    saveSound: '保存录音',
  },
  ru: {
    note: 'Примечание',
    example: 'Пример',
    key: 'Запомните',
    warning: 'Внимание',
    references: 'Литература',
    table: 'Таблица',
    formula: 'Формула',
    save: 'Сохранить данные',
    saveSound: 'Сохранить запись',
  },
};

export const lessonWords = (language: string): LessonWords => wordsByLanguage[language.split('-')[0] ?? ''] ?? english;
