import type { SeedOrder } from './records.ts';

/** What people write to a support desk about. `{item}` becomes an ordered product. */
export interface Topic {
  readonly subject: string;
  readonly description: string;
  /** First answer of the desk, seen by the customer. */
  readonly reply: string;
  /** What ended it. */
  readonly resolution: string;
  /** A remark among agents. */
  readonly internal: string;
  readonly urgent: boolean;
  /** Only products that can break down are said to have done so. */
  readonly powered: boolean;
}

const topic = (
  subject: string,
  texts: readonly [description: string, reply: string, resolution: string, internal: string],
  traits: { readonly urgent?: boolean; readonly powered?: boolean } = {},
): Topic => ({
  subject,
  description: texts[0],
  reply: texts[1],
  resolution: texts[2],
  internal: texts[3],
  urgent: traits.urgent ?? false,
  powered: traits.powered ?? false,
});

const CHANGE_ADDRESS = topic('Change delivery address', [
  'I have moved and ordered the {item} to my old flat. Can it still go to the new address?',
  'We have asked the warehouse to hold the parcel. Please send us the new address in full.',
  'The address was changed before the parcel was packed.',
  'Warehouse confirms: not packed yet.',
]);

const CANCEL = topic('Please cancel my order', [
  'I ordered the {item} twice by mistake. Please cancel this one.',
  'We are checking whether it can still be stopped.',
  'Stopped in time. The amount goes back to the original payment method.',
  'Duplicate order confirmed, same basket a few minutes apart.',
]);

const LATE = topic(
  'Parcel is late',
  [
    'The {item} should have been here two days ago and the tracking has not moved since.',
    'Sorry about the wait. We have opened an enquiry with the carrier and will write again within two working days.',
    'The carrier found the parcel at the wrong depot; it is out for delivery.',
    'Carrier enquiry opened, no scan since the sorting centre.',
  ],
  { urgent: true },
);

const NOT_RECEIVED = topic(
  'Marked as delivered, but not here',
  [
    'Tracking says the {item} was delivered. Nobody here has it and the neighbours have not seen it either.',
    'Thank you for asking the neighbours. We have requested the proof of delivery from the carrier.',
    'The proof of delivery showed another house; a replacement was sent at no charge.',
    'GPS of the scan is two streets away from the address.',
  ],
  { urgent: true },
);

const DAMAGED = topic('Arrived damaged', [
  'The box was dented and the {item} is scratched on one side. Photos attached.',
  'That should not happen. Would you like a replacement or your money back?',
  'Replacement sent, the damaged one need not come back.',
  'Photos show transit damage; claim filed with the carrier.',
]);

const FAULTY = topic(
  'Stopped working',
  [
    'The {item} worked for a few weeks and then gave up. I have tried everything in the manual.',
    'Thank you for trying that. Please send us the serial number, then we can exchange it.',
    'Exchanged under warranty.',
    'Third report for this batch; told the buyer team.',
  ],
  { powered: true },
);

const WRONG_ITEM = topic('Wrong item in the parcel', [
  'I ordered the {item} but something else was in the box.',
  'We are sorry for the mix-up. A return label is on its way, and so is the right item.',
  'The right item arrived; the wrong one was collected.',
  'Two labels were swapped at packing station 4.',
]);

const RETURN = topic('How do I return this?', [
  'The {item} is not quite what I was looking for. How do I send it back?',
  'You will find a return label attached. Please keep the receipt from the parcel shop.',
  'The return arrived and was refunded.',
  'Within the return window.',
]);

const REFUND = topic(
  'Where is my refund?',
  [
    'I sent the {item} back two weeks ago and have seen no money yet.',
    'The return arrived. Refunds take up to five working days to show on your account.',
    'The refund was paid out; the customer confirmed it.',
    'Refund was stuck in review because of a missing receipt scan.',
  ],
  { urgent: true },
);

const INVOICE = topic('Invoice, please', [
  'I cannot find the invoice for the {item} any more. Could you send it again?',
  'Here it is again. Should it be made out to a company, please tell us the name and tax number.',
  'Invoice sent again.',
  'Billing can re-issue within the same quarter.',
]);

const LOGIN = topic('Cannot sign in', [
  'The reset mail never arrives. I have looked in the spam folder, too.',
  'We have sent it again from another address. Please tell us whether it arrives.',
  'The address had a typing error in the account; corrected.',
  'Mail log shows bounces since the address change.',
]);

const NEWSLETTER = topic('Too many mails', [
  'Please take me off the newsletter, but keep sending order updates.',
  'Done. It can take a day until the last one has gone through.',
  'Unsubscribed from marketing mail.',
  'Preference centre showed the old setting.',
]);

export const ORDER_TOPICS: Readonly<Record<SeedOrder['status'], readonly Topic[]>> = {
  processing: [CHANGE_ADDRESS, CANCEL, INVOICE],
  shipped: [LATE, CHANGE_ADDRESS],
  delivered: [NOT_RECEIVED, DAMAGED, FAULTY, WRONG_ITEM, RETURN, INVOICE],
  returned: [REFUND, RETURN],
  cancelled: [CANCEL, REFUND],
};

export const ACCOUNT_TOPICS: readonly Topic[] = [LOGIN, NEWSLETTER];
