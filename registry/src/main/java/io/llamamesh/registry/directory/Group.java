package io.llamamesh.registry.directory;

import io.llamamesh.results.NaturalOrder;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a group and their roles. Two that are one to the rest, by name or by address and
 * port, cannot both be probed: the newest by its <em>first</em> registration is, so that renewing
 * decides nothing and two that live do not take turns. Not thread-safe.
 */
final class Group {
  private final String name;
  private final Map<String, RegisteredProbe> entries = new LinkedHashMap<>();
  private Map<String, Role> roles = Map.of();
  private @Nullable List<String> sortedTargets;
  private @Nullable List<ListedEntry> listed;
  private @Nullable SparsePeers sparse;

  /** Grows whenever configs may be others than before. */
  private long version;

  /** Latest ETags by the keys of the probes that they were given to; of entries only. */
  private final Map<String, ConfigTag> tags = new HashMap<>();

  /**
   * An ETag that a probe's config has.
   *
   * @param version of the group when it was made
   * @param seen where the request came from
   */
  private record ConfigTag(long version, InetAddress seen, String etag) {}

  /**
   * An entry in a list.
   *
   * @param key by which the entry is found, which each renewal replaces
   * @param id by which the list names it, as JSON has it
   */
  @SuppressWarnings("ArrayRecordComponent") // It is sent, never compared.
  record ListedEntry(String key, byte[] id) {}

  Group(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  @Nullable RegisteredProbe find(String key) {
    return entries.get(key);
  }

  /** In the order of their first registrations. */
  List<RegisteredProbe> entries() {
    return entries.values().stream()
        .sorted(Comparator.comparingLong(RegisteredProbe::firstRegistration))
        .toList();
  }

  Role role(RegisteredProbe entry) {
    return roles.getOrDefault(entry.key(), Role.TARGET);
  }

  /** Entries that are probed, by id: the same set has the same order, whoever left and returned. */
  List<RegisteredProbe> targets() {
    List<String> sorted = sortedTargets;
    if (sorted == null) {
      sorted =
          entries.values().stream()
              .filter(entry -> role(entry).kind() == Role.Kind.TARGET)
              .sorted(
                  Comparator.comparing(RegisteredProbe::id, new NaturalOrder())
                      .thenComparing(RegisteredProbe::key))
              .map(RegisteredProbe::key)
              .toList();
      sortedTargets = sorted;
    }
    List<RegisteredProbe> targets = new ArrayList<>(sorted.size());
    for (String key : sorted) {
      RegisteredProbe entry = entries.get(key);
      if (entry != null) {
        targets.add(entry);
      }
    }
    return targets;
  }

  /** All but those that are displaced, in the order of their ids; of two the later gets another. */
  List<ListedEntry> listed() {
    List<ListedEntry> made = listed;
    if (made == null) {
      SortedMap<String, String> keys = new TreeMap<>();
      for (RegisteredProbe entry : entries()) {
        if (role(entry).kind() != Role.Kind.SHADOWED) {
          String id = entry.id();
          if (keys.containsKey(id)) {
            id += "@" + entry.seen().getHostAddress();
          }
          while (keys.containsKey(id)) {
            id += "#" + entry.firstRegistration();
          }
          keys.put(id, entry.key());
        }
      }
      made =
          keys.entrySet().stream()
              .map(entry ->
                  new ListedEntry(entry.getValue(), RegistrationReader.jsonText(entry.getKey())))
              .toList();
      listed = made;
    }
    return made;
  }

  /** Number of the present configs; another one where they may be others. */
  long version() {
    return version;
  }

  /** The ETag of a probe's config where it was made of what is here now; else null. */
  @Nullable String tag(RegisteredProbe entry, InetAddress seen) {
    ConfigTag known = tags.get(entry.key());
    return known != null && known.version() == version && known.seen().equals(seen)
        ? known.etag()
        : null;
  }

  /** Keeps the ETag of a config that was made of that version. */
  void putTag(RegisteredProbe entry, InetAddress seen, long made, String etag) {
    if (made == version && entries.containsKey(entry.key())) {
      tags.put(entry.key(), new ConfigTag(made, seen, etag));
    }
  }

  SparsePeers sparse(int peers) {
    SparsePeers made = sparse;
    if (made == null) {
      made =
          new SparsePeers(
              targets().stream().filter(e -> e.reach() == AddressPolicy.Reach.ANYWHERE).toList(),
              peers);
      sparse = made;
    }
    return made;
  }

  /** Has the choice of targets made anew, as there are other nodes beside them. */
  void forgetSparse() {
    sparse = null;
    version++;
  }

  /**
   * Puts one in. One that says what it said needs no more; else roles are those of before until
   * {@link #resolve}.
   */
  void put(RegisteredProbe entry) {
    entries.put(entry.key(), entry);
  }

  void remove(String key) {
    entries.remove(key);
    tags.remove(key);
  }

  /**
   * Gives roles anew.
   *
   * @param changed takes each entry whose role is another than before, and that role
   */
  void resolve(BiConsumer<RegisteredProbe, Role> changed) {
    Map<String, Role> fresh = new HashMap<>();
    Map<String, RegisteredProbe> byName = new HashMap<>();
    Map<String, RegisteredProbe> bySlot = new HashMap<>();
    List<RegisteredProbe> newestFirst = new ArrayList<>(entries.values());
    newestFirst.sort(Comparator.comparingLong(RegisteredProbe::firstRegistration).reversed());
    for (RegisteredProbe entry : newestFirst) {
      Role role = role(entry, byName, bySlot);
      fresh.put(entry.key(), role);
      if (role.kind() != Role.Kind.SHADOWED && !entry.duplicateName().isEmpty()) {
        byName.putIfAbsent(entry.duplicateName(), entry);
      }
      if (role.kind() == Role.Kind.TARGET) {
        bySlot.put(entry.slot(), entry);
      }
    }
    Map<String, Role> before = roles;
    roles = fresh;
    sortedTargets = null;
    listed = null;
    sparse = null;
    version++;
    for (RegisteredProbe entry : newestFirst) {
      Role now = role(entry);
      if (!now.equals(before.getOrDefault(entry.key(), Role.TARGET))) {
        changed.accept(entry, now);
      }
    }
  }

  private static Role role(
      RegisteredProbe entry,
      Map<String, RegisteredProbe> byName,
      Map<String, RegisteredProbe> bySlot) {
    RegisteredProbe namesake =
        entry.duplicateName().isEmpty() ? null : byName.get(entry.duplicateName());
    if (namesake != null) {
      return new Role(
          Role.Kind.SHADOWED, label(namesake), "the name '" + entry.duplicateName() + "'");
    }
    RegisteredProbe neighbour = bySlot.get(entry.slot());
    if (neighbour == null) {
      return Role.TARGET;
    }
    return new Role(
        entry.hasInstance() ? Role.Kind.SOURCE : Role.Kind.SHADOWED,
        label(neighbour),
        "address and port " + entry.id());
  }

  static String label(RegisteredProbe entry) {
    return entry.name().equals(entry.id()) ? entry.id() : entry.name() + " at " + entry.id();
  }
}
