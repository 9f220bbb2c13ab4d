import type { Property } from '../property.ts';
import type { ClarkName } from '../xml/names.ts';
import { acl } from './acl.ts';
import { aclRestrictions } from './acl-restrictions.ts';
import { addMember } from './add-member.ts';
import { addressbookDescription } from './addressbook-description.ts';
import { addressbookHomeSet } from './addressbook-home-set.ts';
import { allowedSharingModes } from './allowed-sharing-modes.ts';
import { alternateUriSet } from './alternate-uri-set.ts';
import { bulkRequests } from './bulk-requests.ts';
import { calendarAvailability, calendarserverAvailability } from './calendar-availability.ts';
import { calendarColor } from './calendar-color.ts';
import { calendarDescription } from './calendar-description.ts';
import { calendarFreeBusySet } from './calendar-free-busy-set.ts';
import { calendarHomeSet } from './calendar-home-set.ts';
import { calendarOrder } from './calendar-order.ts';
import { calendarProxyReadFor } from './calendar-proxy-read-for.ts';
import { calendarProxyWriteFor } from './calendar-proxy-write-for.ts';
import { calendarTimezone } from './calendar-timezone.ts';
import { calendarTimezoneId } from './calendar-timezone-id.ts';
import { calendarUserAddressSet } from './calendar-user-address-set.ts';
import { calendarUserType } from './calendar-user-type.ts';
import { creationdate } from './creationdate.ts';
import { currentUserPrincipal } from './current-user-principal.ts';
import { currentUserPrivilegeSet } from './current-user-privilege-set.ts';
import { defaultAlarmVeventDate } from './default-alarm-vevent-date.ts';
import { defaultAlarmVeventDatetime } from './default-alarm-vevent-datetime.ts';
import { defaultAlarmVtodoDate } from './default-alarm-vtodo-date.ts';
import { defaultAlarmVtodoDatetime } from './default-alarm-vtodo-datetime.ts';
import { displayname } from './displayname.ts';
import { emailAddressSet } from './email-address-set.ts';
import { getcontentlength } from './getcontentlength.ts';
import { getcontenttype } from './getcontenttype.ts';
import { getctag } from './getctag.ts';
import { getetag } from './getetag.ts';
import { getlastmodified } from './getlastmodified.ts';
import { groupMemberSet } from './group-member-set.ts';
import { groupMembership } from './group-membership.ts';
import { inheritedAclSet } from './inherited-acl-set.ts';
import { invite } from './invite.ts';
import { lockdiscovery } from './lockdiscovery.ts';
import { managedAttachmentsServerUrl } from './managed-attachments-server-url.ts';
import { maxAttachmentSize } from './max-attachment-size.ts';
import { maxAttachmentsPerResource } from './max-attachments-per-resource.ts';
import { maxAttendeesPerInstance } from './max-attendees-per-instance.ts';
import { addressbookMaxResourceSize, maxResourceSize } from './max-resource-size.ts';
import { notificationtype } from './notificationtype.ts';
import { notificationUrl } from './notification-url.ts';
import { owner } from './owner.ts';
import { principalAddress } from './principal-address.ts';
import { principalCollectionSet } from './principal-collection-set.ts';
import { principalUrl } from './principal-url.ts';
import { publishUrl } from './publish-url.ts';
import { quotaAvailableBytes } from './quota-available-bytes.ts';
import { quotaUsedBytes } from './quota-used-bytes.ts';
import { resourceId } from './resource-id.ts';
import { recordType } from './record-type.ts';
import { refreshrate } from './refreshrate.ts';
import { resourcetype } from './resourcetype.ts';
import { scheduleCalendarTransp } from './schedule-calendar-transp.ts';
import { scheduleChanges } from './schedule-changes.ts';
import { scheduleDefaultCalendarUrl } from './schedule-default-calendar-url.ts';
import { scheduleInboxUrl } from './schedule-inbox-url.ts';
import { scheduleOutboxUrl } from './schedule-outbox-url.ts';
import { scheduleTag } from './schedule-tag.ts';
import { sharedUrl } from './shared-url.ts';
import { supportedAddressData } from './supported-address-data.ts';
import { source } from './source.ts';
import { subscribedStripAlarms } from './subscribed-strip-alarms.ts';
import { subscribedStripAttachments } from './subscribed-strip-attachments.ts';
import { subscribedStripTodos } from './subscribed-strip-todos.ts';
import { subscriptionStatus } from './subscription-status.ts';
import { supportedCalendarComponentSet } from './supported-calendar-component-set.ts';
import { supportedCalendarComponentSets } from './supported-calendar-component-sets.ts';
import { supportedCalendarData } from './supported-calendar-data.ts';
import { addressbookSupportedCollationSet, supportedCollationSet } from './supported-collation-set.ts';
import { supportedLivePropertySet } from './supported-live-property-set.ts';
import { supportedPrivilegeSet } from './supported-privilege-set.ts';
import { supportedReportSet } from './supported-report-set.ts';
import { supportedRscaleSet } from './supported-rscale-set.ts';
import { supportedTriggers } from './supported-triggers.ts';
import { supportedlock } from './supportedlock.ts';
import { syncToken } from './sync-token.ts';
import { timezoneServiceSet } from './timezone-service-set.ts';
import { topic } from './topic.ts';
import { transports } from './transports.ts';

const ALL: readonly Property[] = [
  acl,
  aclRestrictions,
  addMember,
  addressbookDescription,
  addressbookHomeSet,
  allowedSharingModes,
  alternateUriSet,
  bulkRequests,
  calendarAvailability,
  calendarserverAvailability,
  calendarColor,
  calendarDescription,
  calendarFreeBusySet,
  calendarHomeSet,
  calendarOrder,
  calendarProxyReadFor,
  calendarProxyWriteFor,
  calendarTimezone,
  calendarTimezoneId,
  calendarUserAddressSet,
  calendarUserType,
  creationdate,
  currentUserPrincipal,
  currentUserPrivilegeSet,
  defaultAlarmVeventDate,
  defaultAlarmVeventDatetime,
  defaultAlarmVtodoDate,
  defaultAlarmVtodoDatetime,
  displayname,
  emailAddressSet,
  getcontentlength,
  getcontenttype,
  getctag,
  getetag,
  getlastmodified,
  groupMemberSet,
  groupMembership,
  inheritedAclSet,
  invite,
  lockdiscovery,
  managedAttachmentsServerUrl,
  maxAttachmentSize,
  maxAttachmentsPerResource,
  maxAttendeesPerInstance,
  maxResourceSize,
  addressbookMaxResourceSize,
  notificationtype,
  notificationUrl,
  owner,
  principalAddress,
  principalCollectionSet,
  principalUrl,
  publishUrl,
  quotaAvailableBytes,
  quotaUsedBytes,
  recordType,
  refreshrate,
  resourceId,
  resourcetype,
  scheduleCalendarTransp,
  scheduleChanges,
  scheduleDefaultCalendarUrl,
  scheduleInboxUrl,
  scheduleOutboxUrl,
  scheduleTag,
  sharedUrl,
  supportedAddressData,
  source,
  subscribedStripAlarms,
  subscribedStripAttachments,
  subscribedStripTodos,
  subscriptionStatus,
  supportedCalendarComponentSet,
  supportedCalendarComponentSets,
  supportedCalendarData,
  supportedCollationSet,
  addressbookSupportedCollationSet,
  supportedLivePropertySet,
  supportedPrivilegeSet,
  supportedReportSet,
  supportedRscaleSet,
  supportedTriggers,
  supportedlock,
  syncToken,
  timezoneServiceSet,
  topic,
  transports,
];

/** Every live property, by name. A new one is a file here and a line above. */
export const PROPERTIES: ReadonlyMap<ClarkName, Property> = new Map(ALL.map((property) => [property.name, property]));
