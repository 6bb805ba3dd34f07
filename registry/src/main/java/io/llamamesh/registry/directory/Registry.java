package io.llamamesh.registry.directory;

import java.net.InetAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The directory: groups of probes that registered, and the documents made of them.
 *
 * <p>Guarantees: ages are measured by a monotonic clock, so that a step of the wall clock expires
 * nobody; everything is bounded by {@link RegistrySettings}; documents change only when members do.
 * Thread-safe; no call waits for I/O but for that of the listener.
 */
public final class Registry {
  private static final DateTimeFormatter CREATE_DATE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS", Locale.ROOT);

  /** Heap of all entries together: a quarter of the program's, whatever they are made of. */
  private static final long MAX_HEAP_BYTES = 64L << 20;

  /** Of an entry's or a group's line in a list beside its document: name, and nodes of its map. */
  private static final int LISTED_BYTES = 512;

  private static final int CONFIG_COPIES = 4;
  private static final int CONFIG_TARGET_BYTES = 2_048;

  private static final byte[] OPEN = {'{'};
  private static final byte[] CLOSE = {'}'};
  private static final byte[] CLOSE_LINE = {'}', '\n'};
  private static final byte[] LINE = {'\n'};
  private static final byte[] COMMA = {','};
  private static final byte[] COLON = {':'};

  /** The group of registrations without one in each revision of llama-sd. */
  private static final Set<String> OLD_DEFAULTS = Set.of("none", "default");

  private final RegistrySettings settings;
  private final LongSupplier nanos;
  private final Supplier<LocalDateTime> wallClock;
  private RegistryListener listener;

  private final Map<String, Group> groups = new TreeMap<>();
  private final Map<InetAddress, Integer> perAddress = new HashMap<>();
  private long sequence;
  private long version;
  private int probes;
  private long bytes;
  private long heapBytes;
  private long registrations;
  private long expired;
  private long displaced;

  /** Roles are given once all are in. */
  private boolean restoring;

  private @Nullable ClusterNodes cluster;

  /** Until when it may lack probes that were in it before; null: never. */
  private volatile @Nullable Long settlesAt;

  /**
   * An empty directory.
   *
   * @param nanos monotonic clock
   * @param wallClock what {@code create_date} shows
   */
  public Registry(
      RegistrySettings settings,
      LongSupplier nanos,
      Supplier<LocalDateTime> wallClock,
      RegistryListener listener) {
    this.settings = settings;
    this.nanos = nanos;
    this.wallClock = wallClock;
    this.listener = listener;
  }

  /**
   * Sets the nodes of the cluster that it serves: targets of all probes of their group. Those that
   * may no longer be here leave by their keepalive.
   */
  public synchronized void setClusterNodes(ClusterNodes nodes) {
    cluster = nodes;
    groups.values().forEach(Group::forgetSparse);
  }

  /**
   * Says that it began empty, so that until then whoever reads it must not take it for the whole.
   *
   * @param duration nanoseconds from now: those of an earlier life have registered again by then
   */
  public void settleFor(long duration) {
    settlesAt = nanos.getAsLong() + duration;
  }

  /** True while it may lack probes that were registered in an earlier life. */
  public boolean isSettling() {
    Long until = settlesAt;
    return until != null && until - nanos.getAsLong() > 0;
  }

  /** Its defaults and bounds. */
  public RegistrySettings settings() {
    return settings;
  }

  /**
   * The outcome of a registration.
   *
   * @param id by which {@code list} names it
   * @param entry its document, as {@code list} shows it
   * @param conflict why it is not served as it wants; null where it is
   * @param version of the directory with it
   */
  @SuppressWarnings("ArrayRecordComponent") // It is sent, never compared.
  public record Registered(String id, byte[] entry, @Nullable Conflict conflict, long version) {}

  /**
   * Takes a registration in, or renews it.
   *
   * @param seen where the request comes from
   * @throws RequestRefusedException where its address may not be registered or a bound is reached
   */
  public synchronized Registered register(Registration registration, InetAddress seen)
      throws RequestRefusedException {
    Placed placed = put(registration, seen, wallClock.get().format(CREATE_DATE));
    RegisteredProbe entry = placed.entry();
    registrations++;
    return new Registered(
        entry.id(),
        entry.json(),
        placed.isElsewhere() ? elsewhere(entry, seen) : conflict(entry),
        version);
  }

  /**
   * The directory's answer to a registration.
   *
   * @param isElsewhere whether it is where it was, and the registration came from elsewhere
   */
  private record Placed(RegisteredProbe entry, boolean isElsewhere) {}

  private Placed put(Registration registration, InetAddress seen, String date)
      throws RequestRefusedException {
    InetAddress registered =
        registration.ip() == null ? null : IpAddresses.parse(registration.ip());
    InetAddress address = registered == null ? seen : registered;
    if (cluster != null) {
      cluster.check(registration);
    }
    AddressPolicy.Reach reach = settings.addresses().reach(address, seen);
    Group group = groups.get(registration.group());
    RegisteredProbe before =
        group == null
            ? null
            : group.find(RegisteredProbe.keyOf(registration, address, seen, reach));
    if (before == null) {
      admit(group, seen);
    }
    RegisteredProbe held =
        before == null ? null : before.renewedFrom(registration, seen, reach, nanos.getAsLong());
    if (group != null && before != null && held != null) {
      group.put(held);
      if (!before.isContested()) {
        listener.registeredFromTwoPlaces(group.name(), Group.label(held), seen.getHostAddress());
      }
      return new Placed(held, true);
    }
    long first = before == null ? sequence + 1 : before.firstRegistration();
    RegisteredProbe entry =
        new RegisteredProbe(registration, seen, reach, first, date, nanos.getAsLong(), before);
    long grown = entry.heapBytes() - (before == null ? 0L : before.heapBytes());
    if (heapBytes + grown > MAX_HEAP_BYTES) {
      throw full("documents of " + MAX_HEAP_BYTES + " bytes in all");
    }
    sequence = Math.max(sequence, first);
    heapBytes += grown;
    bytes += entry.json().length - (before == null ? 0 : before.json().length);
    if (group == null) {
      group = new Group(registration.group());
      groups.put(group.name(), group);
    }
    if (before == null) {
      probes++;
      perAddress.merge(IpAddresses.subscriber(seen), 1, Integer::sum);
    } else if (!before.seen().equals(seen)) {
      forget(before.seen());
      perAddress.merge(IpAddresses.subscriber(seen), 1, Integer::sum);
    }
    group.put(entry);
    if (before != null && before.isSameExceptDate(entry)) {
      entry.keepLines(before);
      return new Placed(entry, false);
    }
    version++;
    if (before == null) {
      listener.joined(group.name(), Group.label(entry));
      if (reach == AddressPolicy.Reach.SITE && !address.isLoopbackAddress()) {
        listener.restrictedToSite(group.name(), Group.label(entry), seen.getHostAddress());
      }
    }
    if (!restoring) {
      resolve(group);
    }
    return new Placed(entry, false);
  }

  /** Refuses a further registration that is over the limits. */
  private void admit(@Nullable Group group, InetAddress seen) throws RequestRefusedException {
    if (probes >= settings.maxProbes()) {
      throw full(settings.maxProbes() + " probes (--max-probes)");
    }
    if (group == null && groups.size() >= settings.maxGroups()) {
      throw full(settings.maxGroups() + " groups (--max-groups)");
    }
    if (perAddress.getOrDefault(IpAddresses.subscriber(seen), 0)
        >= settings.maxProbesPerAddress()) {
      throw full(
          settings.maxProbesPerAddress()
              + " probes from "
              + seen.getHostAddress()
              + " (--max-probes-per-address)");
    }
  }

  private static RequestRefusedException full(String bound) {
    return new RequestRefusedException(
        RequestRefusedException.UNAVAILABLE,
        "the registry is full: it holds " + bound + "; those that are gone leave by keepalive");
  }

  private void forget(InetAddress seen) {
    perAddress.computeIfPresent(
        IpAddresses.subscriber(seen), (address, count) -> count <= 1 ? null : count - 1);
  }

  private void resolve(Group group) {
    group.resolve((entry, role) -> {
      if (role.winner() == null) {
        listener.restored(group.name(), Group.label(entry));
      } else {
        displaced++;
        listener.displaced(group.name(), Group.label(entry), role.winner(), role.why());
      }
    });
  }

  private static Conflict elsewhere(RegisteredProbe entry, InetAddress seen) {
    return new Conflict(
        entry.group(),
        Group.label(entry),
        "elsewhere",
        Group.label(entry),
        "this instance, which registers from " + seen.getHostAddress() + " too",
        "two machines made of one image: delete 'instance' in the --state-dir of one of them; one"
            + " host with two ways out: nothing");
  }

  private @Nullable Conflict conflict(RegisteredProbe entry) {
    Group group = groups.get(entry.group());
    Role role = group == null ? Role.TARGET : group.role(entry);
    if (role.winner() == null) {
      return null;
    }
    boolean named = role.why().startsWith("the name");
    return new Conflict(
        entry.group(),
        Group.label(entry),
        role.kind().name().toLowerCase(Locale.ROOT),
        role.winner(),
        role.why(),
        named
            ? "give one of them another name (PROBE_SHORTNAME, --name)"
            : "give one of them another port (LLAMA_PORT, --port)"
                + " and forward it to its reflector");
  }

  /** Removes entries whose keepalive ran out, and groups that are empty. */
  public synchronized ExpiryResult removeExpired() {
    long now = nanos.getAsLong();
    int gone = 0;
    int emptied = 0;
    for (Iterator<Group> all = groups.values().iterator(); all.hasNext(); ) {
      Group group = all.next();
      List<RegisteredProbe> out =
          group.entries().stream()
              .filter(e -> e.ageSeconds(now) > e.registration().keepaliveSeconds())
              .toList();
      for (RegisteredProbe entry : out) {
        group.remove(entry.key());
        probes--;
        bytes -= entry.json().length;
        heapBytes -= entry.heapBytes();
        forget(entry.seen());
        listener.expired(group.name(), Group.label(entry));
      }
      gone += out.size();
      if (group.isEmpty()) {
        all.remove();
        emptied++;
      } else if (!out.isEmpty()) {
        resolve(group);
      }
    }
    expired += gone;
    if (gone > 0) {
      version++;
    }
    return new ExpiryResult(gone, emptied);
  }

  /** All groups as {@code list} shows them, with a line's end. */
  public byte[] list() {
    List<Listed> listed;
    synchronized (this) {
      listed = groups.values().stream().map(Registry::listed).toList();
    }
    List<byte[]> pieces = new ArrayList<>();
    pieces.add(OPEN);
    for (int i = 0; i < listed.size(); i++) {
      if (i > 0) {
        pieces.add(COMMA);
      }
      pieces.add(RegistrationReader.jsonText(listed.get(i).group()));
      pieces.add(COLON);
      listed.get(i).addTo(pieces);
    }
    pieces.add(CLOSE_LINE);
    return joined(pieces);
  }

  /**
   * One group as {@code list} shows it.
   *
   * @throws RequestRefusedException where it is not there
   */
  public byte[] list(String group) throws RequestRefusedException {
    Listed listed;
    synchronized (this) {
      listed = listed(known(group));
    }
    List<byte[]> pieces = new ArrayList<>();
    listed.addTo(pieces);
    pieces.add(LINE);
    return joined(pieces);
  }

  /** Most bytes that {@link #list()} has now, and that making it takes. */
  public synchronized long listBytes() {
    return bytes + probes * (long) LISTED_BYTES + groups.size() * (long) LISTED_BYTES;
  }

  /** Most bytes that making a {@link #config} takes now: its text, twice, and as bytes. */
  public synchronized long configBytes() {
    long targets = Math.min(settings.maxTargets(), probes);
    return Math.min(targets * RegistrationReader.MAX_BYTES, bytes) * CONFIG_COPIES
        + targets * CONFIG_TARGET_BYTES;
  }

  /** As large as it becomes: a list may be a good part of the heap. */
  private static byte[] joined(List<byte[]> pieces) {
    byte[] whole = new byte[pieces.stream().mapToInt(piece -> piece.length).sum()];
    int at = 0;
    for (byte[] piece : pieces) {
      System.arraycopy(piece, 0, whole, at, piece.length);
      at += piece.length;
    }
    return whole;
  }

  /**
   * A group's documents in the order in which {@code list} has them.
   *
   * @param group its name
   * @param ids by which they are named
   */
  private record Listed(String group, List<byte[]> ids, List<byte[]> documents) {
    void addTo(List<byte[]> pieces) {
      pieces.add(OPEN);
      for (int i = 0; i < ids.size(); i++) {
        if (i > 0) {
          pieces.add(COMMA);
        }
        pieces.add(ids.get(i));
        pieces.add(COLON);
        pieces.add(documents.get(i));
      }
      pieces.add(CLOSE);
    }
  }

  private static Listed listed(Group group) {
    List<Group.ListedEntry> entries = group.listed();
    List<byte[]> ids = new ArrayList<>(entries.size());
    List<byte[]> documents = new ArrayList<>(entries.size());
    for (Group.ListedEntry listed : entries) {
      RegisteredProbe entry = group.find(listed.key());
      if (entry != null) {
        ids.add(listed.id());
        documents.add(entry.json());
      }
    }
    return new Listed(group.name(), ids, documents);
  }

  /**
   * A config.
   *
   * @param yaml LLAMA's YAML, in UTF-8
   * @param etag a hash of these bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // It is sent, never compared.
  public record Config(byte[] yaml, String etag) {}

  /**
   * The ETag that the config of the probe that asks has, where that is known without making it.
   *
   * @return null where it is not
   * @throws RequestRefusedException as {@link #config}
   */
  public synchronized @Nullable String configTag(ConfigQuery query) throws RequestRefusedException {
    Group group = known(query.group());
    return group.tag(served(group, query), query.seen());
  }

  /**
   * The config of the probe that asks.
   *
   * @throws RequestRefusedException where the group or the probe is unknown, or another has its
   *     name
   */
  public Config config(ConfigQuery query) throws RequestRefusedException {
    Group group;
    RegisteredProbe source;
    List<RegisteredProbe> targets;
    long made;
    String etag;
    synchronized (this) {
      group = known(query.group());
      source = served(group, query);
      List<RegisteredProbe> nodes = cluster == null ? List.of() : cluster.nodes(source.group());
      // Of what a probe is given, nodes are half at most, more where probes do not need it.
      int most = settings.maxTargets();
      List<RegisteredProbe> others =
          targets(
              group, source, query.seen(), Math.max(2, most - Math.min(nodes.size(), most / 2)));
      targets = withNodes(source, others, nodes, most - others.size());
      made = group.version();
      etag = group.tag(source, query.seen());
    }
    byte[] yaml = CollectorDocument.yaml(source, targets, settings.intervalSeconds());
    if (etag == null) {
      etag = entityTag(yaml);
      synchronized (this) {
        group.putTag(source, query.seen(), made, etag);
      }
    }
    return new Config(yaml, etag);
  }

  /** A hash of the very bytes: neither what they were called nor when they were made counts. */
  private static String entityTag(byte[] body) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
      return "\"" + HexFormat.of().formatHex(hash, 0, 16) + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The probe that asks. */
  private RegisteredProbe served(Group group, ConfigQuery query) throws RequestRefusedException {
    RegisteredProbe source = caller(group, query);
    Conflict conflict = conflict(source);
    if (conflict != null && group.role(source).kind() == Role.Kind.SHADOWED) {
      throw new RequestRefusedException(
          RequestRefusedException.CONFLICT,
          "%s is not served: %s has %s; %s"
              .formatted(conflict.probe(), conflict.winner(), conflict.what(), conflict.remedy()));
    }
    return source;
  }

  private Group known(String name) throws RequestRefusedException {
    Group group = groups.get(name);
    if (group == null && OLD_DEFAULTS.contains(name)) {
      group = groups.get(settings.defaultGroup());
    }
    if (group == null) {
      throw new RequestRefusedException(
          RequestRefusedException.NOT_FOUND, "unknown group '" + name + "'");
    }
    return group;
  }

  private static RegisteredProbe caller(Group group, ConfigQuery query)
      throws RequestRefusedException {
    if (query.instance() != null) {
      RegisteredProbe entry = group.find("instance " + query.instance());
      if (entry == null) {
        // Never another's that stands behind the same address: it would probe under that name.
        throw unknown(query, false);
      }
      return entry;
    }
    InetAddress asked = query.ip() == null ? null : IpAddresses.parse(query.ip());
    InetAddress address = asked == null ? query.seen() : asked;
    List<RegisteredProbe> near =
        query.ip() != null && asked == null
            ? List.of()
            : group.entries().stream()
                .filter(e -> !e.hasInstance() && e.isShownTo(query.seen()))
                .filter(e -> hasPort(e, query.port()))
                .toList();
    List<RegisteredProbe> there = near.stream().filter(e -> e.address().equals(address)).toList();
    if (there.isEmpty() && query.ip() == null) {
      // Registered on its behalf, under an address that it does not say.
      there = near.stream().filter(e -> e.isAtSiteOf(query.seen())).toList();
    }
    boolean several = there.stream().map(RegisteredProbe::id).distinct().count() > 1;
    if (there.isEmpty() || several) {
      throw unknown(query, several);
    }
    // Of several that look the same the one that is served.
    return there.stream()
        .min(Comparator.comparing((RegisteredProbe e) -> group.role(e).kind()))
        .orElseThrow();
  }

  private static RequestRefusedException unknown(ConfigQuery query, boolean several) {
    String shown = query.ip() == null ? query.seen().getHostAddress() : query.ip();
    return new RequestRefusedException(
        RequestRefusedException.NOT_FOUND,
        "unknown probe '%s:%s', please register%s"
            .formatted(
                RegistrationReader.clean(shown),
                query.port() == null ? "null" : RegistrationReader.clean(query.port()),
                several ? "; several are here, add ?llamaport=PORT&srcip=ADDRESS" : ""));
  }

  private static boolean hasPort(RegisteredProbe entry, @Nullable String port) {
    return port == null || port.equals(Integer.toString(entry.registration().port()));
  }

  private static List<RegisteredProbe> withNodes(
      RegisteredProbe source, List<RegisteredProbe> others, List<RegisteredProbe> nodes, int room) {
    List<RegisteredProbe> all = new ArrayList<>(others);
    all.addAll(nodes.size() <= room ? nodes : new SparsePeers(nodes, room).of(source, room));
    return all;
  }

  private List<RegisteredProbe> targets(
      Group group, RegisteredProbe source, InetAddress seen, int most) {
    List<RegisteredProbe> shown =
        group.targets().stream()
            .filter(e -> e.key().equals(source.key()) || e.isShownTo(seen))
            .toList();
    boolean selfIsTarget = shown.stream().anyMatch(e -> e.key().equals(source.key()));
    if (shown.size() + (selfIsTarget ? 0 : 1) > most) {
      Set<String> chosen = new LinkedHashSet<>();
      List<RegisteredProbe> site =
          shown.stream()
              .filter(e -> e.reach() == AddressPolicy.Reach.SITE)
              .filter(e -> !e.key().equals(source.key()))
              .toList();
      List<RegisteredProbe> rest = group.sparse(most - 1).of(source, most - 1);
      // Half of them at most are a site's own, more where the rest does not need it.
      int own = Math.min(site.size(), Math.max((most - 1) / 2, most - 1 - rest.size()));
      new SparsePeers(site, own).of(source, own).forEach(e -> chosen.add(e.key()));
      rest.stream().limit(most - 1 - chosen.size()).forEach(e -> chosen.add(e.key()));
      shown =
          shown.stream()
              .filter(e -> e.key().equals(source.key()) || chosen.contains(e.key()))
              .toList();
    }
    if (selfIsTarget) {
      return shown;
    }
    List<RegisteredProbe> withSelf = new ArrayList<>(shown);
    withSelf.add(source);
    return withSelf;
  }

  /** Addresses for old scrapers: dotted quads, each once, in the order of first registration. */
  public String scraper(InetAddress seen) {
    List<RegisteredProbe> targets = new ArrayList<>();
    synchronized (this) {
      groups.values().forEach(group -> targets.addAll(group.targets()));
    }
    Set<String> hosts = new LinkedHashSet<>();
    targets.stream()
        .filter(e -> IpAddresses.isDottedQuad(e.address()) && e.isShownTo(seen))
        .sorted(Comparator.comparingLong(RegisteredProbe::firstRegistration))
        .forEach(e -> hosts.add(e.address().getHostAddress()));
    return "\n" + (hosts.isEmpty() ? "127.0.0.1" : String.join(",", hosts));
  }

  /** Probes that are not what they registered as, by group. */
  public synchronized List<Conflict> conflicts() {
    List<Conflict> conflicts = new ArrayList<>();
    for (Group group : groups.values()) {
      for (RegisteredProbe entry : group.entries()) {
        Conflict conflict = conflict(entry);
        if (conflict != null) {
          conflicts.add(conflict);
        }
      }
    }
    return conflicts;
  }

  /** Counts of what it holds. */
  public synchronized RegistryCounts counts() {
    int shadowed = 0;
    int sources = 0;
    int site = 0;
    for (Group group : groups.values()) {
      for (RegisteredProbe entry : group.entries()) {
        Role.Kind kind = group.role(entry).kind();
        shadowed += kind == Role.Kind.SHADOWED ? 1 : 0;
        sources += kind == Role.Kind.SOURCE ? 1 : 0;
        site += kind == Role.Kind.TARGET && entry.reach() == AddressPolicy.Reach.SITE ? 1 : 0;
      }
    }
    return new RegistryCounts(
        probes, groups.size(), shadowed, sources, site, bytes, registrations, expired, displaced);
  }

  /** Grows with each change of members, not with renewals. */
  public synchronized long version() {
    return version;
  }

  /** All entries for another life, in the order of their first registrations. */
  public List<SavedProbe> save() {
    List<RegisteredProbe> entries;
    synchronized (this) {
      entries =
          groups.values().stream()
              .flatMap(group -> group.entries().stream())
              .sorted(Comparator.comparingLong(RegisteredProbe::firstRegistration))
              .toList();
    }
    return entries.stream()
        .map(e ->
            new SavedProbe(
                e.seen().getHostAddress(),
                e.registration().instance(),
                e.createDate(),
                e.registration().document()))
        .toList();
  }

  /**
   * Takes entries of an earlier life in: each has one whole keepalive from now, since the
   * registry's own absence was not theirs.
   *
   * @return how many were left out, since they no longer may be here
   */
  public synchronized int restore(List<SavedProbe> saved) {
    RegistryListener told = listener;
    // What is restored is no news.
    listener = RegistryListener.NONE;
    restoring = true;
    try {
      return putAll(saved);
    } finally {
      restoring = false;
      groups.values().forEach(this::resolve);
      listener = told;
    }
  }

  private int putAll(List<SavedProbe> saved) {
    int left = 0;
    for (SavedProbe entry : saved) {
      try {
        InetAddress seen = entry.seen() == null ? null : IpAddresses.parse(entry.seen());
        if (seen == null || entry.registration() == null) {
          left++;
        } else {
          var _ =
              put(
                  RegistrationReader.read(entry.registration(), entry.instance(), settings),
                  seen,
                  RegistrationReader.clean(entry.createDate()));
        }
      } catch (RequestRefusedException e) {
        left++;
      }
    }
    return left;
  }
}
