package io.llamamesh.registry.directory;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.llamamesh.registry.directory.AddressPolicy.Reach;
import java.net.InetAddress;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A probe in a group, as its last registration says. Unmodifiable.
 *
 * <p>Its key is what it stays by: the instance, where it says one; else its address, port and name,
 * since clients of llama-sd say no more, and two of them behind one address differ in it.
 */
final class RegisteredProbe {
  private static final String NAME = "probe_name";
  private static final String SHORT_NAME = "probe_shortname";

  /** Where clients of the first revisions have what comes nearest to a name. */
  private static final String[] OLD_NAMES = {"src_name", "hostname"};

  /** Objects of an entry without tags, and of each tag: references, headers, nodes of maps. */
  private static final int ENTRY_BYTES = 1_536;

  private static final int TAG_BYTES = 160;

  /** Of a character: two in the text, up to three in the lines for others' configs. */
  private static final long CHARACTER_BYTES = 5;

  private final Registration registration;
  private final InetAddress address;
  private final InetAddress seen;
  private final Reach reach;
  private final String key;
  private final String slot;
  private final String createDate;
  private final byte[] json;

  /** Number of its first registration: grows, and stays with it while it renews. */
  private final long first;

  /** When it last registered, by the monotonic clock. */
  private final long lastNanos;

  /** Where it registers from, and where it did before. */
  private final InstanceLocation places;

  /** Its lines in others' configs, once somebody asked; a race makes them twice, and the same. */
  private volatile CollectorDocument.@Nullable TargetLines lines;

  RegisteredProbe(
      Registration registration,
      InetAddress seen,
      Reach reach,
      long first,
      String createDate,
      long lastNanos,
      @Nullable RegisteredProbe before) {
    this.registration = registration;
    this.seen = seen;
    this.reach = reach;
    InetAddress registered =
        registration.ip() == null ? null : IpAddresses.parse(registration.ip());
    this.address = registered == null ? seen : registered;
    this.first = first;
    this.createDate = createDate;
    this.lastNanos = lastNanos;
    this.key = keyOf(registration, address, seen, reach);
    this.slot = slot(registration, address, seen, reach);
    this.json = json(registration);
    this.places =
        before == null
            ? InstanceLocation.of(slot, lastNanos)
            : before.places.movedTo(slot, lastNanos, registration.keepaliveSeconds());
  }

  private RegisteredProbe(RegisteredProbe of, long nanos, String elsewhere) {
    registration = of.registration;
    address = of.address;
    seen = of.seen;
    reach = of.reach;
    key = of.key;
    slot = of.slot;
    createDate = of.createDate;
    json = of.json;
    first = of.first;
    lastNanos = nanos;
    places = of.places.contested(elsewhere, nanos);
    lines = of.lines;
  }

  /**
   * The same, renewed by a registration of this very instance from a place that it left a short
   * while ago, while it is not gone from where it is: two machines have one instance, or one host
   * has two ways out. Null where it comes from where it is, or has moved.
   */
  @Nullable RegisteredProbe renewedFrom(
      Registration other, InetAddress from, Reach otherReach, long nanos) {
    InetAddress registered = other.ip() == null ? null : IpAddresses.parse(other.ip());
    String place = slot(other, registered == null ? from : registered, from, otherReach);
    return hasInstance() && places.shouldStayDespite(place, nanos, registration.keepaliveSeconds())
        ? new RegisteredProbe(this, nanos, place)
        : null;
  }

  /** True when it was registered from elsewhere meanwhile. */
  boolean isContested() {
    return places.isContested();
  }

  static String keyOf(
      Registration registration, InetAddress address, InetAddress seen, Reach reach) {
    if (registration.instance() != null) {
      return "instance " + registration.instance();
    }
    String name = duplicateName(registration.tags());
    // Without a name, its other tags distinguish it from another behind the same address.
    return slot(registration, address, seen, reach)
        + " "
        + (name.isEmpty() ? "#" + Integer.toHexString(registration.tags().hashCode()) : name);
  }

  /** The place that can be one probe's only: an address and port, at one site or everywhere. */
  private static String slot(
      Registration registration, InetAddress address, InetAddress seen, Reach reach) {
    String place = address.getHostAddress() + " " + registration.port();
    return reach == Reach.SITE ? place + " at " + site(seen) : place;
  }

  private static String site(InetAddress seen) {
    return seen.isLoopbackAddress() ? "loopback" : seen.getHostAddress();
  }

  /** The name that no other of its group may have; empty where it says none. */
  private static String duplicateName(Map<String, String> tags) {
    return tags.getOrDefault(SHORT_NAME, tags.getOrDefault(NAME, ""));
  }

  String group() {
    return registration.group();
  }

  Registration registration() {
    return registration;
  }

  InetAddress address() {
    return address;
  }

  InetAddress seen() {
    return seen;
  }

  Reach reach() {
    return reach;
  }

  String key() {
    return key;
  }

  String slot() {
    return slot;
  }

  long firstRegistration() {
    return first;
  }

  long lastNanos() {
    return lastNanos;
  }

  String createDate() {
    return createDate;
  }

  Map<String, String> tags() {
    return registration.tags();
  }

  /** The address as it was registered. */
  String ip() {
    return registration.ip() == null ? seen.getHostAddress() : registration.ip();
  }

  String id() {
    return IpAddresses.withPort(ip(), registration.port());
  }

  String name() {
    String name = tags().get(NAME);
    for (int i = 0; name == null && i < OLD_NAMES.length; i++) {
      name = tags().get(OLD_NAMES[i]);
    }
    return name == null ? tags().getOrDefault(SHORT_NAME, id()) : name;
  }

  String shortName() {
    return tags().getOrDefault(SHORT_NAME, name());
  }

  String duplicateName() {
    return duplicateName(tags());
  }

  /** True when requests from an address come from where it is. */
  boolean isAtSiteOf(InetAddress other) {
    return site(seen).equals(site(other));
  }

  /** True where a caller may get it as a target. */
  boolean isShownTo(InetAddress caller) {
    return reach == Reach.ANYWHERE || isAtSiteOf(caller);
  }

  /** Whole seconds since it last registered. */
  long ageSeconds(long nanos) {
    return (nanos - lastNanos) / 1_000_000_000L;
  }

  /** The entry as {@code list} shows it. */
  byte[] json() {
    return json;
  }

  /** Its lines in the configs of those that probe it. */
  CollectorDocument.TargetLines lines() {
    CollectorDocument.TargetLines made = lines;
    if (made == null) {
      made = CollectorDocument.TargetLines.of(this);
      lines = made;
    }
    return made;
  }

  /** Takes over what was made of one that says the same. */
  void keepLines(RegisteredProbe before) {
    lines = before.lines;
  }

  /** Most heap that it takes, in bytes: its texts, and what holds each tag. */
  long heapBytes() {
    return ENTRY_BYTES
        + json.length
        + registration.document().length()
        + (long) tags().size() * TAG_BYTES
        + tags().entrySet().stream()
            .mapToLong(tag -> CHARACTER_BYTES * (tag.getKey().length() + tag.getValue().length()))
            .sum();
  }

  /** True when documents made of the other are the same but for the date. */
  boolean isSameExceptDate(RegisteredProbe other) {
    return key.equals(other.key)
        && first == other.first
        && address.equals(other.address)
        && reach == other.reach
        && site(seen).equals(site(other.seen))
        && Objects.equals(registration.ip(), other.registration.ip())
        && registration.keepaliveSeconds() == other.registration.keepaliveSeconds()
        && registration.document().equals(other.registration.document())
        && tags().equals(other.tags());
  }

  private byte[] json(Registration from) {
    SortedMap<String, Object> members = RegistrationReader.members(from.document());
    members.put("ip", ip());
    members.put("id", id());
    members.put("create_date", createDate);
    if (reach == Reach.SITE && !address.isLoopbackAddress()) {
      members.put("seen_ip", seen.getHostAddress());
    } else {
      members.remove("seen_ip");
    }
    try {
      return RegistrationReader.JSON.writeValueAsBytes(members);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was read can be written", e);
    }
  }

  /** True where its own instance distinguishes it from others at its address and port. */
  boolean hasInstance() {
    return registration.instance() != null;
  }
}
