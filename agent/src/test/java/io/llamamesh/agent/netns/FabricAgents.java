package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Agents {@code node-1}, {@code node-2}, … with the fabric on, each on a machine of its own: all
 * probe all, with keys and a token, each with a state folder that outlives its process.
 */
final class FabricAgents implements AutoCloseable {

  static final Duration SETTLED = Duration.ofSeconds(90);

  private static final byte[] KEY = "sixteen bytes !!".getBytes(StandardCharsets.US_ASCII);

  private final Path folder;
  private final Load load;
  private final Lab lab;
  private final List<AgentProcess> running = new ArrayList<>();

  /**
   * How often an agent probes each other one.
   *
   * @param ports source ports
   * @param perSecond probes a second of each
   */
  record Load(int ports, int perSecond) {

    /** What is enough to measure loss. */
    static final Load USUAL = new Load(4, 4);

    /** What little there can be: for tests that are about something else. */
    static final Load LIGHT = new Load(1, 1);
  }

  private FabricAgents(Path folder, int nodes, Load load) {
    this.folder = folder;
    this.load = load;
    this.lab = Lab.bridged(nodes);
    for (int i = 1; i <= nodes; i++) {
      running.add(launch(i, nodes));
    }
  }

  /**
   * Starts agents, and returns when they all know of each other.
   *
   * @param folder for their files and logs
   */
  static FabricAgents start(Path folder, int nodes, Load load) {
    try {
      Path auth = Files.createDirectories(folder.resolve("auth"));
      for (String file : List.of("keys.json", "tokens.json")) {
        Files.writeString(
            auth.resolve(file),
            "[{\"id\": 3, \"key\": \"%s\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]"
                .formatted(token()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    FabricAgents agents = new FabricAgents(folder, nodes, load);
    try {
      agents.awaitStates(agents.everybody("up"), agents.all());
      return agents;
    } catch (RuntimeException | AssertionError e) {
      agents.close();
      throw e;
    }
  }

  /** The token that opens their APIs. */
  static String token() {
    return Base64.getEncoder().encodeToString(KEY);
  }

  private AgentProcess launch(int i, int nodes) {
    String targets =
        IntStream.rangeClosed(1, nodes)
            .filter(j -> j != i)
            .mapToObj("    - {name: node-%1$d, ip: 10.83.0.%1$d, port: 8100}%n"::formatted)
            .reduce("", String::concat);
    Path config = folder.resolve("collector-" + i + ".yaml");
    try {
      Files.writeString(
          config,
          """
          version: 1
          mesh: lab
          source: {name: node-%d}
          fabric: {enabled: true}
          summarization: {interval: 1}
          ports: {default: {timeout: 1000, base_port: 26000, payload_bytes: 200}}
          port_groups: {default: [{port: default, count: %d}]}
          rate_limits: {default: {cps: %d}}
          tests: [{targets: default, port_group: default, rate_limit: default}]
          targets:
            default:
          %s\
          """
              .formatted(i, load.ports(), load.perSecond(), targets));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return AgentProcess.launch(
        host(i),
        folder,
        List.of(),
        "agent",
        "--config",
        config.toString(),
        "--bind",
        "10.83.0." + i,
        "--state-dir",
        stateFolder(i).toString(),
        "--auth-dir",
        folder.resolve("auth").toString(),
        "--accept-unauthenticated",
        "10.83.0.0/16");
  }

  /** Number of agents. */
  int count() {
    return running.size();
  }

  /** The machine of an agent, from 1. */
  Namespace host(int i) {
    return lab.host("node-" + i);
  }

  /** URL of an agent's API. */
  static String url(int i) {
    return "http://10.83.0." + i + ":8100";
  }

  /** An agent, from 1. */
  AgentProcess agent(int i) {
    return running.get(i - 1);
  }

  List<AgentProcess> all() {
    return Collections.unmodifiableList(running);
  }

  Path stateFolder(int i) {
    return folder.resolve("state-" + i);
  }

  /** Removes what an agent that has ended left on its disk. */
  void emptyState(int i) {
    try (Stream<Path> files = Files.list(stateFolder(i))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts an agent anew that has ended. */
  AgentProcess restart(int i) {
    AgentProcess next = launch(i, running.size());
    running.set(i - 1, next);
    return next;
  }

  /** Every agent's name with one state. */
  Map<String, String> everybody(String state) {
    Map<String, String> states = new TreeMap<>();
    for (int i = 1; i <= running.size(); i++) {
      states.put("node-" + i, state);
    }
    return states;
  }

  /** The states of all agents as one of them sees them. */
  static Map<String, String> states(AgentProcess agent) {
    Map<String, String> states = new TreeMap<>();
    agent
        .json("/v1/members")
        .path("members")
        .forEach(m -> states.put(m.path("name").asText(), m.path("state").asText()));
    return states;
  }

  /** Waits until all of these observers see these states. */
  void awaitStates(Map<String, String> wanted, List<AgentProcess> observers) {
    for (AgentProcess observer : observers) {
      await()
          .atMost(SETTLED)
          .pollInterval(Duration.ofMillis(100))
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(states(observer)).isEqualTo(wanted));
    }
  }

  @Override
  public void close() {
    running.forEach(AgentProcess::close);
    lab.close();
  }
}
