package io.llamamesh.agent.burst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.config.PlanMapper;
import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Several agents whose messages arrive at once, and an engine that a test holds up. */
class BurstsTest {

  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

  private volatile Instant now = Instant.parse("2026-12-01T00:00:00Z");
  private final Map<String, Bursts> agents = new LinkedHashMap<>();
  private final AtomicInteger runs = new AtomicInteger();

  /** How many messages are yet to be lost, by from and to. */
  private final Map<String, AtomicInteger> lost = new ConcurrentHashMap<>();

  private final CountDownLatch release = new CountDownLatch(1);
  private volatile boolean held;
  private volatile boolean othersKnown = true;

  @AfterEach
  void stop() {
    release.countDown();
    agents.values().forEach(Bursts::close);
  }

  private static BurstTargets targets(String... names) throws Exception {
    StringBuilder yaml =
        new StringBuilder(
            """
            version: 1
            ports: {default: {tos: 0, timeout: 1000}}
            port_groups: {default: [{port: default, count: 4}]}
            rate_limits: {slow: {cps: 1}}
            tests: [{targets: all, port_group: default, rate_limit: slow}]
            targets:
              all:
            """);
    for (String name : names) {
      yaml.append("  - {ip: 10.0.0.%s, port: 8100, name: %s}\n".formatted(name.substring(1), name));
    }
    CollectorConfig config = CollectorConfigYaml.read(yaml.toString(), 8100).config();
    ProbePlan plan =
        new PlanMapper(target -> InetAddress.ofLiteral("10.0.0.99"), "x")
            .map(config, name -> null)
            .plan();
    return BurstTargets.of(config, plan);
  }

  private BurstResult probe(ProbePlan plan, Duration length) throws InterruptedException {
    runs.incrementAndGet();
    if (held) {
      release.await();
    }
    return result(2_000, 400);
  }

  private static BurstResult result(int sent, int lost) {
    return new BurstResult(
        List.of(
            new BurstResult.Series(
                "10.0.0.5:8100",
                "default",
                sent,
                sent - lost,
                0,
                lost,
                lost,
                0,
                Map.of(),
                new BurstResult.Rtt(1_000_000, 2_000_000, 3_000_000),
                List.of(new BurstResult.SourcePort(40_000, sent, lost, 1e6)))));
  }

  /** Adds an agent that probes some others and reaches all agents. */
  private Bursts agent(String name, BurstEngine engine, String... probed) throws Exception {
    BurstTargets targets = targets(probed);
    BurstSpread spread =
        new BurstSpread() {
          @Override
          public Optional<Collection<String>> others() {
            List<String> others = new ArrayList<>(agents.keySet());
            others.remove(name);
            return othersKnown ? Optional.of(others) : Optional.empty();
          }

          @Override
          public boolean trySend(byte[] message, Set<String> onlyNodes) {
            agents.forEach((other, bursts) -> {
              boolean isMeant = onlyNodes.isEmpty() || onlyNodes.contains(other);
              if (!other.equals(name) && isMeant && !isLost(name, other)) {
                bursts.receive(name, message);
              }
            });
            return true;
          }
        };
    Bursts bursts = new Bursts(() -> name, () -> targets, engine, spread, () -> now);
    agents.put(name, bursts);
    return bursts;
  }

  /** True for the first messages on a way of which some are lost. */
  private boolean isLost(String from, String to) {
    AtomicInteger left = lost.get(from + ">" + to);
    return left != null && left.getAndDecrement() > 0;
  }

  private static BurstRequest request(String id, String target) {
    return new BurstRequest(id, target, 200, TEN_SECONDS, "ann@desk");
  }

  private void awaitComplete(BurstCollection burst) {
    await().pollInterval(Duration.ofMillis(2)).until(() -> burst.isComplete(now));
  }

  @Test
  void allAgentsThatProbeTheTargetDoSoAndAnswer() throws Exception {
    agent("n1", this::probe, "n2", "n5");
    agent("n2", this::probe, "n1", "n5");
    agent("n3", this::probe, "n1");
    agent("n5", this::probe, "n1", "n2");

    BurstCollection burst = agents.get("n1").start(request("b1", "n5"));
    awaitComplete(burst);

    assertThat(burst.rows())
        .extracting(row -> row.source() + " " + row.state())
        .containsExactly("n1 DONE", "n2 DONE", "n3 NOT_PROBING");
    assertThat(burst.missing()).isEmpty();
    assertThat(result(burst, 1).loss().percent()).isEqualTo(20);
    assertThat(result(burst, 1)).isEqualTo(result(burst, 0));
    assertThat(runs).hasValue(2);
  }

  private static BurstResult result(BurstCollection burst, int row) {
    return Objects.requireNonNull(burst.rows().get(row).result());
  }

  @Test
  void anAgentThatIsTheTargetCollectsWhatOthersFind() throws Exception {
    agent("n1", this::probe, "n2");
    agent("n2", this::probe, "n1");

    BurstCollection burst = agents.get("n2").start(request("b1", "n2"));
    awaitComplete(burst);

    assertThat(burst.rows()).extracting(BurstRow::source).containsExactly("n1");
  }

  @Test
  void whoDoesNotAnswerIsNamedAtTheDeadline() throws Exception {
    agent("n1", this::probe, "n5");
    agents.put(
        "n4", new Bursts(() -> "n4", () -> BurstTargets.NONE, this::probe, mute(), () -> now));
    agent("n5", this::probe, "n1");

    BurstCollection burst = agents.get("n1").start(request("b1", "n5"));
    await().until(() -> burst.missing().equals(Set.of("n4")));

    assertThat(burst.isComplete(now)).isFalse();
    now = burst.deadline().plusMillis(1);
    assertThat(burst.isComplete(now)).isTrue();
    assertThat(burst.missing()).containsExactly("n4");
    assertThat(Duration.between(burst.started().plus(TEN_SECONDS), burst.deadline()))
        .isLessThan(Duration.ofSeconds(5));
  }

  @ParameterizedTest
  @CsvSource({"n1>n2, 1", "n2>n1, 2"})
  void whoseRequestOrAnswersAreLostIsAskedAgainAndProbesOnce(String way, int messages)
      throws Exception {
    lost.put(way, new AtomicInteger(messages));
    agent("n1", this::probe, "n5");
    agent("n2", this::probe, "n5");
    agent("n5", this::probe, "n1");

    BurstCollection burst = agents.get("n1").start(request("b1", "n5"));
    awaitComplete(burst);

    assertThat(burst.rows())
        .extracting(row -> row.source() + " " + row.state())
        .containsExactly("n1 DONE", "n2 DONE");
    assertThat(runs).hasValue(2);
  }

  @Test
  void whoeverIsAskedForItsLastWordAndWasNotThereBeginsNothing() throws Exception {
    held = true;
    Bursts startedAnew = agent("n2", this::probe, "n5");

    startedAnew.receive("n1", BurstDocuments.encode(request("b1", "n5"), true));
    assertThat(startedAnew.running()).isEmpty();
    startedAnew.receive("n1", BurstDocuments.encode(request("b1", "n5"), false));

    assertThat(startedAnew.running()).hasSize(1);
  }

  @Test
  void atTheEndTheLastWordAloneIsAskedFor() throws Exception {
    List<Boolean> asked = new CopyOnWriteArrayList<>();
    BurstSpread spread =
        new BurstSpread() {
          @Override
          public Optional<Collection<String>> others() {
            return Optional.of(List.of("n2"));
          }

          @Override
          public boolean trySend(byte[] message, Set<String> onlyNodes) {
            try {
              return asked.add(BurstDocuments.decode(message).isOver());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    BurstTargets targets = targets("n5");
    agents.put("n1", new Bursts(() -> "n1", () -> targets, this::probe, spread, () -> now));

    var _ =
        agents
            .get("n1")
            .start(new BurstRequest("b1", "n5", 200, Duration.ofSeconds(1), "ann@desk"));

    await().until(() -> asked.size() == 3);
    assertThat(asked).containsExactly(false, false, true);
  }

  private static BurstSpread mute() {
    return new BurstSpread() {
      @Override
      public Optional<Collection<String>> others() {
        return Optional.of(List.of());
      }

      @Override
      public boolean trySend(byte[] message, Set<String> onlyNodes) {
        return false;
      }
    };
  }

  @Test
  void aTargetHasOneBurstAtATimeWhoeverAsks() throws Exception {
    held = true;
    agent("n1", this::probe, "n2", "n5");
    agent("n2", this::probe, "n1", "n5");
    agent("n5", this::probe, "n1");
    BurstCollection first = agents.get("n1").start(request("b1", "n5"));
    await().until(() -> runs.get() == 2);

    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(() -> agents.get("n1").start(request("b2", "n5")))
        .satisfies(e -> assertThat(e.kind()).isEqualTo(ToolRefusedException.Kind.BUSY))
        .withMessage("n5 is probed by burst b1 already, asked for by ann@desk");
    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(() -> agents.get("n2").start(request("b3", "n5")));
    release.countDown();
    awaitComplete(first);
    now = now.plus(TEN_SECONDS);

    awaitComplete(agents.get("n2").start(request("b4", "n5")));
  }

  @Test
  void anAgentRefusesWhatIsBeyondItsOwnBound() throws Exception {
    held = true;
    Bursts one = agent("n1", this::probe, "n2", "n3", "n4", "n5", "n6");
    for (int i = 2; i <= 4; i++) {
      one.receive("n" + i, message("b" + i, "n" + i, 600));
    }
    one.receive("n9", message("over", "n5", 600));
    await().until(() -> runs.get() == 3);
    assertThat(one.running()).extracting(BurstRequest::id).containsOnly("b2", "b3", "b4");
    assertThat(one.finished(BurstRow.State.REFUSED)).isOne();

    one.receive("n9", message("small", "n5", 100));
    one.receive("n9", message("fifth", "n6", 100));

    await().until(() -> runs.get() == 4);
    assertThat(one.running()).hasSize(BurstLimits.MAX_RUNNING);
    assertThat(one.finished(BurstRow.State.REFUSED)).isEqualTo(2);
  }

  private static byte[] message(String id, String target, int pps) throws IOException {
    return BurstDocuments.encode(new BurstRequest(id, target, pps, TEN_SECONDS, "ann"), false);
  }

  @Test
  void manyAgentsAtOneTargetStayWithinItsBoundTogether() throws Exception {
    for (int i = 1; i <= 30; i++) {
      agent("n" + i, this::probe, "n5");
    }

    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(
            () -> agents.get("n1").start(new BurstRequest("b", "n5", 1_000, TEN_SECONDS, "ann")))
        .withMessageContaining("29 agents would send 29000 probes per second")
        .withMessageContaining("pps may be 689 at most");
    assertThat(runs).hasValue(0);
  }

  @Test
  void anAgentThatIsAskedForMoreThanItsTargetGetsRefusesItsPartWhoeverAsks() throws Exception {
    for (int i = 1; i <= 30; i++) {
      agent("n" + i, this::probe, "n5");
    }
    Bursts one = agents.get("n1");

    one.receive("n9", message("much", "n5", 1_000));
    othersKnown = false;
    one.receive("n9", message("unknown", "n5", 100));

    assertThat(one.running()).isEmpty();
    assertThat(one.finished(BurstRow.State.REFUSED)).isEqualTo(2);
    assertThat(runs).hasValue(0);
  }

  @Test
  void aTargetRestsAsLongAsItsLastBurstTook() throws Exception {
    Bursts one = agent("n1", this::probe, "n5");
    awaitComplete(one.start(request("b1", "n5")));
    await().until(() -> one.running().isEmpty());

    now = now.plus(TEN_SECONDS).minusMillis(1);
    one.receive("n9", message("b2", "n5", 100));
    assertThat(one.finished(BurstRow.State.REFUSED)).isOne();
    assertThatExceptionOfType(ToolRefusedException.class)
        .isThrownBy(() -> one.start(request("b3", "n5")))
        .withMessage("n5 rests from the last burst for 1 more seconds");
    now = now.plusMillis(1);

    awaitComplete(one.start(request("b4", "n5")));
  }

  @Test
  void whatIsNoMemberIsNotProbed() throws Exception {
    agent("n1", this::probe, "n5");

    for (String target : List.of("192.0.2.7", "n6", "N5", "n5 ", "10.0.0.5:8100")) {
      assertThatExceptionOfType(ToolRefusedException.class)
          .as(target)
          .isThrownBy(() -> agents.get("n1").start(request("b1", target)))
          .satisfies(e -> assertThat(e.kind()).isEqualTo(ToolRefusedException.Kind.UNKNOWN));
    }
    assertThat(runs).hasValue(0);
  }

  @Test
  void aRequestThatComesAgainRunsOnce() throws Exception {
    Bursts one = agent("n1", this::probe, "n5");
    byte[] message = message("b1", "n5", 100);

    for (int i = 0; i < 50; i++) {
      one.receive("n9", message);
    }
    await().until(() -> one.finished(BurstRow.State.DONE) == 1);

    assertThat(runs).hasValue(1);
  }

  @Test
  void nobodyAnswersForAnother() throws Exception {
    held = true;
    Bursts one = agent("n1", this::probe, "n5");
    agent("n2", this::probe, "n5");
    agent("n5", this::probe, "n1");
    BurstCollection burst = one.start(request("b1", "n5"));
    byte[] forged = BurstDocuments.encode("b1", BurstRow.done("n2", result(10, 0)));

    one.receive("n7", forged); // nobody that was expected
    one.receive("n5", forged); // the target itself

    assertThat(burst.rows()).allMatch(row -> row.state() == BurstRow.State.RUNNING);
    one.receive("n2", BurstDocuments.encode("b1", BurstRow.done("n1", result(10, 10))));
    assertThat(burst.rows())
        .filteredOn(row -> row.state() == BurstRow.State.DONE)
        .extracting(BurstRow::source)
        .containsExactly("n2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"version\":2,\"id\":\"a\"}",
        "{\"version\":1,\"id\":\"a\"}",
        "{\"version\":1,\"id\":\"a\",\"target\":\"n5\",\"pps\":1e9,\"millis\":1,\"by\":\"x\"}",
        "{\"version\":1,\"id\":\"a\",\"target\":\"n5\",\"pps\":4000,\"millis\":1000,\"by\":\"x\"}",
        "{\"version\":1,\"id\":\"a\",\"target\":\"n5\",\"pps\":4,\"millis\":9223372036854775807,\"by\":\"x\"}",
        "{\"version\":1,\"id\":\"a\",\"target\":\"n6\",\"pps\":4,\"millis\":1000,\"by\":\"x\"}",
        "{\"version\":1,\"id\":\"a\",\"target\":\"n5\",\"pps\":4,\"millis\":1000,\"by\":\"\"}"
      })
  void aHostileRequestBeginsNothing(String message) throws Exception {
    Bursts one = agent("n1", this::probe, "n5");

    one.receive("n9", message.getBytes(StandardCharsets.UTF_8));

    assertThat(one.running()).isEmpty();
    assertThat(runs).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"source\":\"n2\",\"state\":\"none\"}",
        "{\"source\":\"n2\"}",
        "{\"source\":\"n2\",\"state\":\"done\"}",
        "{\"source\":\"n2\",\"state\":\"done\",\"series\":[{}]}",
        "{\"source\":\"n2\",\"state\":\"done\",\"series\":[null]}",
        "{\"source\":\"n2\",\"state\":\"done\",\"series\":[{\"address\":\"a\",\"class\":\"c\",\"sent\":-1}]}",
        "{\"source\":\"n2\",\"state\":\"done\",\"series\":[{\"address\":\"a\",\"class\":\"c\",\"lost\":2147483647}]}",
        "{\"source\":\"n2\",\"state\":\"done\",\"series\":[{\"address\":\"a\",\"class\":\"c\",\"rttP50\":1e300,"
            + "\"rttP99\":1,\"rttMax\":1}]}",
        "{\"source\":\"n2\",\"state\":\"done\",\"series\":[{\"address\":\"a\",\"class\":\"c\",\"rttP50\":\"NaN\","
            + "\"rttP99\":1,\"rttMax\":1}]}"
      })
  void aHostileAnswerIsNotTaken(String row) throws Exception {
    held = true;
    Bursts one = agent("n1", this::probe, "n5");
    agents.put(
        "n2", new Bursts(() -> "n2", () -> BurstTargets.NONE, this::probe, mute(), () -> now));
    BurstCollection burst = one.start(request("b1", "n5"));

    one.receive(
        "n2",
        ("{\"version\":1,\"id\":\"b1\",\"row\":" + row + "}").getBytes(StandardCharsets.UTF_8));

    assertThat(burst.missing()).contains("n2");
    assertThat(one.malformed()).isOne();
  }

  @Test
  void randomBytesAndDamagedMessagesAreCountedAndHarmless() throws Exception {
    held = true;
    Bursts one = agent("n1", this::probe, "n5");
    agents.put(
        "n2", new Bursts(() -> "n2", () -> BurstTargets.NONE, this::probe, mute(), () -> now));
    BurstCollection burst = one.start(request("b1", "n5"));
    byte[] good = BurstDocuments.encode("b1", BurstRow.done("n2", result(10, 1)));
    SplittableRandom random = new SplittableRandom(5);

    for (int i = 0; i < 5_000; i++) {
      byte[] bytes = good.clone();
      for (int changes = 1 + random.nextInt(8); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      one.receive("n3", bytes);
    }

    assertThat(one.malformed()).isPositive();
    assertThat(burst.missing()).containsExactly("n1", "n2");
    assertThat(one.running()).extracting(BurstRequest::id).containsExactly("b1");
  }

  @Test
  void anEngineThatFailsIsNamedWithItsReason() throws Exception {
    Bursts one =
        agent(
            "n1",
            (plan, length) -> {
              throw new IOException("no local address of the family of 10.0.0.5");
            },
            "n5");

    BurstCollection burst = one.start(request("b1", "n5"));
    awaitComplete(burst);

    assertThat(burst.rows())
        .extracting(BurstRow::state, BurstRow::reason)
        .containsExactly(
            tuple(BurstRow.State.FAILED, "no local address of the family of 10.0.0.5"));
  }

  @Test
  void closingEndsWhatRuns() throws Exception {
    held = true;
    Bursts one = agent("n1", this::probe, "n5");
    BurstCollection burst = one.start(request("b1", "n5"));
    await().until(() -> runs.get() == 1);

    one.close();

    assertThat(one.running()).isEmpty();
    await().atMost(5, TimeUnit.SECONDS).until(() -> burst.isComplete(now));
    assertThat(burst.rows().getFirst().state()).isEqualTo(BurstRow.State.FAILED);
  }

  @Test
  void ofManyBurstsTheLastAreRemembered() throws Exception {
    Bursts one = agent("n1", this::probe, "n5");

    for (int i = 0; i < 40; i++) {
      awaitComplete(one.start(request("b" + i, "n5")));
      await().pollInterval(Duration.ofMillis(2)).until(() -> one.running().isEmpty());
      now = now.plus(TEN_SECONDS);
    }

    assertThat(one.recent()).hasSize(16);
    assertThat(one.recent().getFirst().request().id()).isEqualTo("b39");
    assertThat(one.find("b0")).isEmpty();
  }

  @Test
  void whoAsksForWhichBurstIsInTheLogOfEveryAgentThatProbes() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger logger = (Logger) LoggerFactory.getLogger(Bursts.class);
    logger.addAppender(log);
    logger.setLevel(Level.INFO);
    try {
      agent("n1", this::probe, "n5");
      agent("n2", this::probe, "n5");
      awaitComplete(agents.get("n1").start(request("b1", "n5")));
    } finally {
      logger.detachAppender(log);
      logger.setLevel(null);
    }

    String request = "id=b1 target=n5 pps=200 seconds=10 by=\"ann@desk\"";
    assertThat(List.copyOf(log.list))
        .extracting(ILoggingEvent::getFormattedMessage)
        .filteredOn(line -> line.contains("burst asked") || line.contains("burst started"))
        .containsExactlyInAnyOrder(
            "burst asked for " + request + " agents=2",
            "burst started " + request,
            "burst started " + request);
  }
}
