import type { HandleClientError } from '@sveltejs/kit';

/** An address that leads nowhere is told to the reader and is no fault; everything else is reported as the browser reports its own. */
export const handleError: HandleClientError = ({ error, status, message }) => {
  if (status !== 404) reportError(error);
  return { message };
};
