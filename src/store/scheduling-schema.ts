/** What a calendar user remembers of the messages about one UID: JSON of itip/revision.ts. */
export interface SchedulingMemoryTable {
  home_id: string;
  uid: string;
  memory: string;
  modified_at: number;
}

/** A message to a calendar user elsewhere that waits to be sent. */
export interface OutboundMessageTable {
  id: string;
  /** Of who sends it, who may be gone by now: what a removal tells is still to be sent. */
  home_id: string;
  /** A calendar user address, as ATTENDEE or ORGANIZER has it. */
  recipient: string;
  method: string;
  uid: string;
  created_at: number;
  /** iCalendar. */
  octets: Uint8Array;
}
