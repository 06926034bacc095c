import { getCustomer } from './customer-tools.ts';
import { getOrders, getOrderStatus, getShippingAddress } from './order-tools.ts';
import { getReturnPolicy } from './policy-tools.ts';
import { addTicketNote, updateTicket } from './ticket-changes.ts';
import { getTickets } from './ticket-tools.ts';
import type { Tool } from './tool.ts';

/** Everything the desk can do, in the order in which it is listed. */
export const ALL_TOOLS: readonly Tool[] = [
  getCustomer,
  getOrders,
  getTickets,
  getOrderStatus,
  getShippingAddress,
  getReturnPolicy,
  updateTicket,
  addTicketNote,
];
