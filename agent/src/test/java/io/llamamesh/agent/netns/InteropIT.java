package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters.Event;
import io.llamamesh.agent.netns.CollectorFixture.ProbePattern;
import io.llamamesh.agent.netns.ForeignProgram.Project;
import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.wire.LegacyProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our collector and reflector with the real programs of others, which environment variables name
 * ({@link ForeignProgram.Project}): on a sound network nothing is lost, whoever asks whom.
 */
@InNamespaces
class InteropIT {

  /** Counts of each test. */
  private static final Path FIGURES = Path.of("target", "interop.txt");

  private static final int PROBES = 5000;
  private static final int EF = 0xb8;
  private static final int API_PORT = 15000;
  private static final int LLAMA_PORT = 8101;
  private static final int UDPROBE_PORT = 8102;
  private static final Pattern STATS = Pattern.compile("UdpStats\\(sent=(\\d+), lost=(\\d+),");
  private static final ProbePattern MANNER = ProbePattern.STANDARD.bytes(1028);

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");
  @TempDir private Path folder;

  @AfterEach
  void clean() {
    lab.close();
  }

  /** Topology: one machine, or two with a router between them. */
  enum Way {
    LOOPBACK,
    ROUTED
  }

  static Stream<Arguments> pairings() {
    return Stream.of(Project.LLAMA, Project.UDPROBE)
        .flatMap(project ->
            Stream.of(Way.values())
                .flatMap(way -> Stream.of(0, EF).map(tos -> Arguments.of(project, way, tos))));
  }

  private Namespace other(Way way) {
    return way == Way.LOOPBACK ? left : right;
  }

  private static List<InetSocketAddress> at(Namespace host, Stack stack, int port) {
    return host.addresses(stack).stream()
        .map(address -> new InetSocketAddress(address, port))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("pairings")
  void ourProbesComeBackFromTheirReflector(Project project, Way way, int tos) {
    project.required();
    Namespace there = other(way);
    left.rule("input", "udp sport 8100 ip dscp ef counter name seen");
    try (ForeignProgram reflector = project.reflector(there, folder, CollectorFixture.PORT);
        CollectorFixture probing =
            CollectorFixture.start(
                left, MANNER.tos(tos).towards(at(there, Stack.DUAL, CollectorFixture.PORT)))) {

      probing.untilProbed(PROBES).finish();

      everyProbeIsAnswered(probing);
      assertThat(reflector.isAlive()).isTrue();
      // Go sets a class on IPv4 only; udprobe's needs to be understood first.
      int v4 = probing.answered(there.addresses(Stack.IPV4).getFirst());
      assertThat(left.seen()).isBetween(tos == EF ? v4 - 50L : 0, tos == EF ? v4 : 0L);
      report("ours", project + "'s", way, tos, probing.total(Attempt.SENT), 0);
    }
  }

  private static void everyProbeIsAnswered(CollectorFixture probing) {
    assertThat(probing.total(Attempt.SENT)).isGreaterThanOrEqualTo(PROBES);
    assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT));
    for (Event event : List.of(Event.GARBLED, Event.NOT_A_PROBE, Event.UNEXPECTED)) {
      assertThat(probing.counters().count(event)).as("%s", event).isZero();
    }
    assertThat(probing.total(Mark.DUPLICATE)).isZero();
    assertThat(probing.total(Mark.DSCP_REWRITTEN)).isZero();
  }

  @ParameterizedTest
  @MethodSource("pairings")
  void theirProbesComeBackFromOurReflector(Project project, Way way, int tos) {
    project.required();
    Namespace there = other(way);
    left.rule("input", "udp sport 8100 ip dscp ef counter name seen");
    try (ReflectorFixture reflecting = ReflectorFixture.start(there);
        ForeignProgram collector = project.collector(left, folder, config(there, tos), API_PORT)) {
      ForeignSummaries summaries = new ForeignSummaries(project, collector, API_PORT);

      until(() -> summaries.sent() >= PROBES);

      everyProbeIsReflected(summaries, reflecting);
      if (tos == EF) {
        // Half of them: our replies to probes over IPv6 have another header.
        assertThat(left.seen()).isGreaterThanOrEqualTo(PROBES / 2);
      } else {
        assertThat(left.seen()).isZero();
      }
      report(project + "'s", "ours", way, tos, summaries.sent(), summaries.lost());
    }
  }

  private static void everyProbeIsReflected(
      ForeignSummaries summaries, ReflectorFixture reflecting) {
    assertThat(summaries.lost()).isZero();
    assertThat(reflecting.count(Disposition.REFLECTED)).isGreaterThanOrEqualTo(PROBES);
    for (Disposition verdict : Disposition.values()) {
      if (verdict != Disposition.REFLECTED) {
        assertThat(reflecting.count(verdict)).as("%s", verdict).isZero();
      }
    }
  }

  private static void until(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(200))
        .until(condition);
  }

  /** LLAMA's file: 4 ports with 100 probes a second each to both addresses of a host. */
  private static String config(Namespace to, int tos) {
    String targets =
        to.addresses(Stack.DUAL).stream()
            .map(address ->
                "{ip: '" + bracketed(address) + "', port: 8100, tags: {dst_hostname: there}}")
            .collect(Collectors.joining(", "));
    return """
    summarization: {interval: 2, handlers: 2}
    api: {bind: ":%d"}
    ports: {default: {ip: "[::]", port: 0, tos: %d, timeout: 1000}}
    port_groups: {default: [{port: default, count: 4}]}
    rate_limits: {default: {cps: 100.0}}
    tests: [{targets: default, port_group: default, rate_limit: default}]
    targets: {default: [%s]}
    """
        .formatted(API_PORT, tos, targets);
  }

  private static String bracketed(InetAddress address) {
    String text = address.getHostAddress();
    return address instanceof Inet4Address ? text : "[" + text + "]";
  }

  @Test
  void allPairingsAtOnceLoseNothing() {
    Project.LLAMA.required();
    Project.UDPROBE.required();
    List<InetSocketAddress> theirs = new ArrayList<>(at(right, Stack.DUAL, LLAMA_PORT));
    theirs.addAll(at(right, Stack.DUAL, UDPROBE_PORT));
    String config = config(right, EF);
    try (ReflectorFixture reflecting = ReflectorFixture.start(right);
        var _ = Project.LLAMA.reflector(right, folder, LLAMA_PORT);
        var _ = Project.UDPROBE.reflector(right, folder, UDPROBE_PORT);
        ForeignProgram llama = Project.LLAMA.collector(left, folder, config, API_PORT);
        ForeignProgram udprobe =
            Project.UDPROBE.collector(
                left, folder, config.replace(":" + API_PORT, ":" + (API_PORT + 1)), API_PORT + 1);
        CollectorFixture toLlama =
            CollectorFixture.start(left, MANNER.tos(EF).towards(theirs.subList(0, 2)));
        CollectorFixture toUdprobe =
            CollectorFixture.start(left, MANNER.tos(EF).ports(4).towards(theirs.subList(2, 4)))) {
      ForeignSummaries ofLlama = new ForeignSummaries(Project.LLAMA, llama, API_PORT);
      ForeignSummaries ofUdprobe = new ForeignSummaries(Project.UDPROBE, udprobe, API_PORT + 1);

      until(() -> ofLlama.sent() >= PROBES && ofUdprobe.sent() >= PROBES);
      toLlama.untilProbed(PROBES).finish();
      toUdprobe.untilProbed(PROBES).finish();

      everyProbeIsAnswered(toLlama);
      everyProbeIsAnswered(toUdprobe);
      everyProbeIsReflected(ofLlama, reflecting);
      everyProbeIsReflected(ofUdprobe, reflecting);
      report("ours", "LLAMA's", Way.ROUTED, EF, toLlama.total(Attempt.SENT), 0);
      report("ours", "UDPROBE's", Way.ROUTED, EF, toUdprobe.total(Attempt.SENT), 0);
      report("LLAMA's", "ours", Way.ROUTED, EF, ofLlama.sent(), ofLlama.lost());
      report("UDPROBE's", "ours", Way.ROUTED, EF, ofUdprobe.sent(), ofUdprobe.lost());
    }
  }

  @ParameterizedTest
  @EnumSource
  void ourProbesInThePythonLlamasShapeComeBackFromItsReflector(Way way) {
    Project.PYTHON.required();
    Namespace there = other(way);
    left.rule("input", "udp sport 8100 ip dscp ef counter name seen");
    try (ForeignProgram reflector = Project.PYTHON.reflector(there, folder, CollectorFixture.PORT);
        CollectorFixture probing =
            CollectorFixture.start(
                left,
                MANNER
                    .bytes(LegacyProbe.BYTES)
                    .tos(EF)
                    .towards(at(there, Stack.IPV4, CollectorFixture.PORT)))) {

      probing.untilProbed(PROBES).finish();

      everyProbeIsAnswered(probing);
      assertThat(reflector.isAlive()).isTrue();
      assertThat(left.seen()).isEqualTo(probing.answered());
      report("ours", "PYTHON's", way, EF, probing.total(Attempt.SENT), 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void thePythonSendersProbesComeBackFromOurReflector(Way way) {
    Project.PYTHON.required();
    Namespace there = other(way);
    String host = there.addresses(Stack.IPV4).getFirst().getHostAddress();
    int sent = 0;
    int lost = 0;
    try (ReflectorFixture reflecting = ReflectorFixture.legacy(there, CollectorFixture.PORT)) {
      while (sent < PROBES) {
        Matcher stats =
            STATS.matcher(
                ShellCommand.run(
                    "ip",
                    "netns",
                    "exec",
                    left.name(),
                    Project.PYTHON.program("llama_sender"),
                    host,
                    "--port=8100",
                    "--count=500",
                    "--timeout=1",
                    "--tos=0xb8"));
        assertThat(stats.find()).isTrue();
        sent += Integer.parseInt(stats.group(1));
        lost += Integer.parseInt(stats.group(2));
      }

      assertThat(lost).isZero();
      assertThat(reflecting.count(Disposition.REFLECTED)).isEqualTo(sent);
    }
    report("PYTHON's", "ours", way, EF, sent, lost);
  }

  private static void report(String from, String to, Way way, int tos, long sent, long lost) {
    String figures =
        "collector=%s reflector=%s way=%s tos=%d sent=%d lost=%d%n"
            .formatted(from, to, way, tos, sent, lost);
    try {
      Files.writeString(FIGURES, figures, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
