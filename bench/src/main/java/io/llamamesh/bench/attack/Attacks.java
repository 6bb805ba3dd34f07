package io.llamamesh.bench.attack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All attacks, by name, in the order in which they take turns. A new surface adds its own here. */
final class Attacks {

  private static final List<Attack> ALL =
      List.of(
          new FloodAttacks.Datagrams(),
          new FloodAttacks.Replays(),
          new FloodAttacks.SlowClients(),
          new FloodAttacks.Connections(),
          new FloodAttacks.FabricStrangers(),
          new ForgeryAttacks.Answers(),
          new ForgeryAttacks.Errors(),
          new HostilePartyAttacks.Agent(),
          new HostilePartyAttacks.Store(),
          new HostilePartyAttacks.Pod());

  private Attacks() {}

  /** By name. */
  static Map<String, Attack> byName() {
    Map<String, Attack> named = new LinkedHashMap<>();
    for (Attack attack : ALL) {
      named.put(attack.name(), attack);
    }
    return named;
  }
}
