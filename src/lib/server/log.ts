/** One line of the node's log: what happened, in words. What belongs to a learner is never written to it. */
export type Log = (line: string) => void;
