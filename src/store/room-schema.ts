/** A booking of a room or resource, beside its object. */
export interface RoomBookingTable {
  home_id: string;
  uid: string;
  /** Who made it: the id of a principal, or the address of somebody elsewhere. */
  booker: string;
  /** UTC milliseconds at which its last instance ends; null: it goes on without end. */
  last_at: number | null;
  /** The instant from which on nothing of it is decided; null: all is. */
  decided_until: number | null;
}
