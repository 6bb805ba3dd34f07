package io.llamamesh.registry.directory;

import io.llamamesh.results.NaturalOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
  private @Nullable SparsePeers sparse;

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
    return sorted.stream().map(entries::get).filter(Objects::nonNull).toList();
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

  /** Has the choice of targets made anew, as their number is another. */
  void forgetSparse() {
    sparse = null;
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
    sparse = null;
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
