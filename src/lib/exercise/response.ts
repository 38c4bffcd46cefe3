/** A response that is not of the kind's shape: a damaged record, or one of another kind. */
export type ResponseError = { readonly type: 'bad-response' };
