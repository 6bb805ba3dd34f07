package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A client's operations of every data type at one agent, how each was answered, and what the store
 * may hold after them. An operation without an answer may be done or not. One thread operates;
 * others read while it does not.
 */
final class WriteLedger {

  private static final int SETS = 32;
  private static final int SHARED_COUNTERS = 4;
  private static final String ABSENT = "";

  private final int agent;
  private final String url;
  private final Random random;
  private final Map<String, int[]> increments = new HashMap<>();
  private final List<String> added = new ArrayList<>();
  private final Set<String> gone = new HashSet<>();
  private final Set<String> registers = new HashSet<>(Set.of(ABSENT));
  private final Set<Boolean> flags = new HashSet<>(Set.of(false));
  private final Map<Integer, Integer> statuses = new TreeMap<>();
  private volatile boolean additive;
  private int number;
  private int uncertain;

  /**
   * A ledger without operations.
   *
   * @param agent number of the agent, on whose machine the client is
   */
  WriteLedger(int agent) {
    this.agent = agent;
    this.url = FabricAgents.url(agent);
    this.random = new Random(agent);
  }

  /**
   * Says whether to do only what does not depend on what the agent holds: one with an empty disk
   * cannot remove what it has not seen.
   */
  void onlyAdd(boolean additive) {
    this.additive = additive;
  }

  /** Does one operation, of a type by chance. */
  void operate() {
    number++;
    int type = random.nextInt(10);
    switch (additive && type >= 4 ? 9 : type) {
      case 0, 1 -> increment("trial/count/" + random.nextInt(SHARED_COUNTERS), "%s");
      case 2 -> increment("trial/map", "{\"op\": \"update\", \"field\": \"m\", \"ops\": [%s]}");
      case 3 -> increment("node/node-" + agent + "/trial", "%s");
      case 4 -> assign();
      case 5 -> toggle();
      case 6 -> remove();
      default -> add();
    }
  }

  private StoreClient.Outcome send(String key, String operation) {
    StoreClient.Outcome outcome = StoreClient.operate(url, key, operation);
    statuses.merge(outcome.status(), 1, Integer::sum);
    uncertain += isUncertain(outcome) ? 1 : 0;
    return outcome;
  }

  private static boolean isUncertain(StoreClient.Outcome outcome) {
    return !outcome.isAcknowledged() && !outcome.isRefused();
  }

  private void increment(String key, String format) {
    StoreClient.Outcome outcome =
        send(key, format.formatted("{\"op\": \"increment\", \"field\": \"c\"}"));
    int[] counts = increments.computeIfAbsent(key, none -> new int[2]);
    counts[0] += outcome.isAcknowledged() ? 1 : 0;
    counts[1] += isUncertain(outcome) ? 1 : 0;
  }

  private void assign() {
    String value = agent + "-" + number;
    StoreClient.Outcome outcome =
        send(
            "trial/register/" + agent,
            "{\"op\": \"assign\", \"field\": \"r\", \"value\": \"" + value + "\"}");
    expect(registers, value, outcome);
  }

  private void toggle() {
    boolean on = random.nextBoolean();
    StoreClient.Outcome outcome =
        send(
            "trial/flag/" + agent,
            "{\"op\": \"" + (on ? "enable" : "disable") + "\", \"field\": \"f\"}");
    expect(flags, on, outcome);
  }

  private static <T> void expect(Set<T> possible, T value, StoreClient.Outcome outcome) {
    if (outcome.isAcknowledged()) {
      possible.clear();
    }
    if (!outcome.isRefused()) {
      possible.add(value);
    }
  }

  private void add() {
    String element = agent + "-" + number;
    StoreClient.Outcome outcome = change("add", element);
    if (outcome.isAcknowledged()) {
      added.add(element);
    } else if (outcome.isRefused()) {
      gone.add(element);
    }
  }

  private void remove() {
    if (added.isEmpty()) {
      return;
    }
    int at = random.nextInt(added.size());
    String element = added.get(at);
    StoreClient.Outcome outcome = change("remove", element);
    if (outcome.isRefused()) {
      return;
    }
    added.set(at, added.getLast());
    var _ = added.removeLast();
    if (outcome.isAcknowledged()) {
      gone.add(element);
    }
  }

  private StoreClient.Outcome change(String operation, String element) {
    return send(
        "trial/set/" + Math.floorMod(element.hashCode(), SETS),
        "{\"op\": \"%s\", \"field\": \"s\", \"elements\": [\"%s\"]}".formatted(operation, element));
  }

  /** Number of acknowledged operations. */
  int acknowledged() {
    return statuses.getOrDefault(200, 0);
  }

  /** Number of operations that may be done or not. */
  int uncertain() {
    return uncertain;
  }

  /** Operations by the status of their answer. */
  Map<Integer, Integer> statuses() {
    return statuses;
  }

  /** Checks what an agent holds against what all clients were told. */
  static void check(List<WriteLedger> ledgers, JsonNode keys) {
    Map<String, JsonNode> values = new HashMap<>();
    Set<String> elements = new HashSet<>();
    for (JsonNode key : keys) {
      values.put(key.path("key").asText(), key.path("value"));
      key.at("/value/sets/s").forEach(element -> elements.add(element.asText()));
    }
    Map<String, int[]> increments = new TreeMap<>();
    Set<String> lost = new TreeSet<>();
    Set<String> back = new TreeSet<>();
    for (WriteLedger ledger : ledgers) {
      lost.addAll(ledger.added);
      back.addAll(ledger.gone);
      ledger.increments.forEach((key, counts) -> {
        int[] sum = increments.computeIfAbsent(key, none -> new int[2]);
        sum[0] += counts[0];
        sum[1] += counts[1];
      });
      assertThat(ledger.registers)
          .as("register of %d", ledger.agent)
          .contains(field(values, "trial/register/" + ledger.agent, "/registers/r").asText(ABSENT));
      assertThat(ledger.flags)
          .as("flag of %d", ledger.agent)
          .contains(field(values, "trial/flag/" + ledger.agent, "/flags/f").asBoolean(false));
    }
    lost.removeAll(elements);
    back.retainAll(elements);
    assertThat(lost).as("elements acknowledged and lost").isEmpty();
    assertThat(back).as("elements removed or refused, and there").isEmpty();
    increments.forEach((key, counts) -> {
      String path = key.equals("trial/map") ? "/maps/m/counters/c" : "/counters/c";
      assertThat(field(values, key, path).asInt())
          .as("%s with %d increments acknowledged, %d uncertain", key, counts[0], counts[1])
          .isBetween(counts[0], counts[0] + counts[1]);
    });
  }

  private static JsonNode field(Map<String, JsonNode> values, String key, String path) {
    JsonNode value = values.get(key);
    return value == null ? MissingNode.getInstance() : value.at(path);
  }
}
