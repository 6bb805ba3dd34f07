package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JoinAdmissionTest {
  private static final int MANY = JoinAdmission.MANY + 1;

  private final JoinAdmission joins = new JoinAdmission();
  private Instant now = Instant.parse("2026-11-29T10:00:00Z");

  @Test
  void whoComesAloneJoinsAtOnce() {
    assertThat(look(65, "a")).containsExactly("a");
    assertThat(look(65, "b")).containsExactly("b");
    assertThat(joins.isHolding()).isFalse();
  }

  @Test
  void afterALookThatWroteManyOthersWaitUntilNoMoreCome() {
    look(MANY, "a");

    assertThat(look(0, "b")).isEmpty();
    assertThat(joins.isHolding()).isTrue();
    assertThat(look(0, "b", "c")).isEmpty();
    assertThat(look(MANY, "b", "c")).containsExactlyInAnyOrder("b", "c");
    assertThat(joins.isHolding()).isFalse();
  }

  @Test
  void whileMoreComeAllTheTimeNobodyWaitsLongerThanTenSeconds() {
    look(MANY, "n0");
    Set<String> ready = new HashSet<>();
    for (int i = 1; i <= 10; i++) {
      ready.add("n" + i);
      assertThat(look(0, ready)).isEmpty();
    }

    ready.add("n11");

    assertThat(look(MANY, ready)).containsExactlyInAnyOrderElementsOf(ready);
  }

  @Test
  void whoComesRightAfterALookThatWroteFewJoinsAtOnce() {
    look(MANY, "a");
    look(1);

    assertThat(look(65, "b")).containsExactly("b");
  }

  @Test
  void whoWasLetInStaysInThoughItsConfigCouldNotBeWritten() {
    look(MANY, "a");

    assertThat(look(0, "a", "b")).containsExactly("a");
  }

  @Test
  void whoIsNotReadyAnyMoreIsForgotten() {
    look(MANY, "a");
    look(MANY);

    assertThat(look(0, "a")).isEmpty();
  }

  @Test
  void aThousandThatComeOneAfterTheOtherCostAtMostFourConfigsEach() {
    int nodes = 1_000;
    Map<String, Instant> joined = new HashMap<>();
    Map<String, CollectorConfig> written = new HashMap<>();
    long writes = 0;
    int seconds = 0;
    for (; joined.size() < nodes; seconds++) {
      Set<String> ready = names(Math.min(nodes, 25 * (seconds + 1)));
      ready.removeAll(joined.keySet());
      joins.admit(ready, now).forEach(node -> joined.put(node, now));
      Map<String, CollectorConfig> configs = plan(nodes, joined);
      int due =
          (int)
              configs.entrySet().stream()
                  .filter(c -> !c.getValue().equals(written.get(c.getKey())))
                  .count();
      written.putAll(configs);
      joins.recordWritten(due);
      writes += due;
      now = now.plusSeconds(1);
    }

    assertThat(writes - nodes).isLessThanOrEqualTo(4L * nodes);
    assertThat(seconds).isLessThanOrEqualTo(40 + 10);
  }

  private Set<String> look(int configs, String... ready) {
    return look(configs, Set.of(ready));
  }

  private Set<String> look(int configs, Set<String> ready) {
    Set<String> admitted = joins.admit(ready, now);
    joins.recordWritten(configs);
    now = now.plus(Duration.ofSeconds(1));
    return admitted;
  }

  private static Set<String> names(int count) {
    return IntStream.range(0, count)
        .mapToObj(JoinAdmissionTest::name)
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static String name(int i) {
    return "node-" + i;
  }

  private static Map<String, CollectorConfig> plan(int nodes, Map<String, Instant> joined) {
    List<NodeFacts> facts =
        IntStream.range(0, nodes)
            .mapToObj(i ->
                new NodeFacts(
                    name(i),
                    Map.of("kubernetes.io/os", "linux"),
                    "10.0." + i / 256 + "." + i % 256,
                    null,
                    false,
                    joined.get(name(i)),
                    8100,
                    List.of()))
            .toList();
    return Planner.plan(new MeshFacts("m", MeshSettings.defaults(), "http://ingest", facts))
        .configs();
  }
}
