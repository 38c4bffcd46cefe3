import type { Stage } from '#lib/domain/drafts.ts';
import type { Key } from '#lib/i18n/translate.ts';

export const stageKeys: Readonly<Record<Stage, Key>> = {
  draft: 'desk.stage.draft',
  submitted: 'desk.stage.submitted',
  returned: 'desk.stage.returned',
  accepted: 'desk.stage.accepted',
  superseded: 'desk.stage.superseded',
  withdrawn: 'desk.stage.withdrawn',
};
