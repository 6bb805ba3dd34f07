package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LeavingNodesTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final Set<String> OURS = Set.of("a", "b");

  private final LeavingNodes leaving = new LeavingNodes();

  @Test
  void aMarkedNodeIsLeavingUntilItsMarkIsTakenBack() {
    assertThat(leaving.update(List.of(node("a"), node("b")), OURS, NOW)).isEmpty();
    assertThat(leaving.update(List.of(node("a"), marked("b")), OURS, NOW)).containsExactly("b");
    assertThat(leaving.update(List.of(node("a"), node("b")), OURS, NOW)).isEmpty();
  }

  @Test
  void aMarkedNodeThatIsNoLongerOursIsLeavingStillAndAStrangerNever() {
    assertThat(leaving.update(List.of(marked("b"), marked("x")), OURS, NOW)).contains("b");
    assertThat(leaving.update(List.of(node("a"), marked("b"), marked("x")), Set.of("a"), NOW))
        .containsExactly("b");
  }

  @Test
  void aNodeThatIsRemovedIsRememberedForAnHour() {
    leaving.update(List.of(node("a"), marked("b")), OURS, NOW);

    assertThat(leaving.update(List.of(node("a")), OURS, NOW)).containsExactly("b");
    Instant later = NOW.plus(Duration.ofMinutes(59));
    assertThat(leaving.update(List.of(node("a")), Set.of("a"), later)).containsExactly("b");
    Instant end = NOW.plus(Duration.ofMinutes(60));
    assertThat(leaving.update(List.of(node("a")), Set.of("a"), end)).isEmpty();
  }

  @Test
  void anotherNodeOfTheSameNameIsJudged() {
    leaving.update(List.of(node("a")), OURS, NOW);

    assertThat(leaving.update(List.of(node("a"), node("b")), OURS, NOW)).isEmpty();
  }

  private static NodeView node(String name) {
    return new NodeView(name, Map.of(), null, null, null, false, true, List.of());
  }

  private static NodeView marked(String name) {
    return new NodeView(name, Map.of(), null, null, null, false, true, List.of(), true);
  }
}
