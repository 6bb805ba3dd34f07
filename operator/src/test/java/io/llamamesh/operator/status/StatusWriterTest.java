package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.MeshDefaults;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class StatusWriterTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private final StatusWriter writer = new StatusWriter();

  @Test
  void numbersAreWrittenAtOnceAndThenOnceAMinute() {
    LlamaMeshStatus first = write(null, known(Verdict.HEALTHY, 0.1), 0);
    assertThat(first.lossPercent()).isEqualTo("0.1");

    assertThat(writer.next(first, known(Verdict.HEALTHY, 0.2), NOW.plusSeconds(30))).isNull();

    assertThat(write(first, known(Verdict.HEALTHY, 0.2), 60).lossPercent()).isEqualTo("0.2");
  }

  @Test
  void familiesThatNoNodeHasMakeTheMeshUnreadyWithTheRemedy() {
    List<NodeFacts> nodes = List.of(node("node-1", "10.0.0.1"), node("node-2", "10.0.0.2"));

    LlamaMeshStatus status = write(null, with(NetworkView.NOT_ASKED, "[IPv6]", nodes), 0);

    assertThat(condition(status, "ConfigsReady"))
        .extracting(Condition::getStatus, Condition::getReason)
        .containsExactly("False", "AddressesMissing");
    assertThat(condition(status, "ConfigsReady").getMessage())
        .contains("no node has an IPv6 address", "leave spec.ipFamilies out");
    assertThat(condition(status, "Ready").getStatus()).isEqualTo("False");
  }

  @Test
  void theFamilyThatTheNodesHaveIsTold() {
    List<NodeFacts> nodes = List.of(node("node-1", "10.0.0.1"), node("node-2", "10.0.0.2"));

    LlamaMeshStatus status = write(null, with(NetworkView.NOT_ASKED, "", nodes), 0);

    assertThat(status.ipFamilies()).containsExactly(IpFamily.IPV4);
    assertThat(condition(status, "ConfigsReady").getStatus()).isEqualTo("True");
  }

  @Test
  void oneNodeWithoutAnAddressIsNamedAndTheOthersAreMeasured() {
    List<NodeFacts> nodes =
        List.of(node("node-1", "10.0.0.1"), node("node-2", "10.0.0.2"), node("node-3", null));

    LlamaMeshStatus status = write(null, with(NetworkView.NOT_ASKED, "", nodes), 0);

    assertThat(condition(status, "ConfigsReady").getStatus()).isEqualTo("True");
    assertThat(condition(status, "ConfigsReady").getMessage()).contains("IPv4", "node-3");
  }

  @Test
  void aVerdictIsWrittenAtOnceWithTheNumbersOfItsMoment() {
    LlamaMeshStatus first = write(null, known(Verdict.HEALTHY, 0.1), 0);

    LlamaMeshStatus second = write(first, known(Verdict.PAIR_LOSS, 7), 2);

    assertThat(second.lossPercent()).isEqualTo("7");
    assertThat(since(second, "NetworkHealthy")).isEqualTo("2026-11-20T10:00:02Z");
    assertThat(since(second, "Accepted")).isEqualTo("2026-11-20T10:00:00Z");
  }

  @Test
  void aMessageThatOnlyCountsIsNoReasonToWrite() {
    LlamaMeshStatus first = write(null, known(Verdict.PAIR_LOSS, 7), 0);

    assertThat(writer.next(first, known(Verdict.PAIR_LOSS, 8), NOW.plusSeconds(10))).isNull();
  }

  @Test
  void aSuspectWhoWasNotToldIsWrittenBeforeTheMinuteThoughTheVerdictStays() {
    LlamaMeshStatus first = write(null, suspecting(7, "node-1>node-2"), 0);
    assertThat(writer.next(first, suspecting(8, "node-1>node-2"), NOW.plusSeconds(12))).isNull();
    MeshState other = suspecting(8, "node-5>node-6");
    assertThat(writer.isNews(other.network(), NOW.plusSeconds(12))).isTrue();

    LlamaMeshStatus second = write(first, other, 12);

    assertThat(Objects.requireNonNull(second.suspects()).getFirst().name())
        .isEqualTo("node-5>node-6");
    assertThat(second.lossPercent()).isEqualTo("8");

    // The server did not take it: it is written when it is asked for again, though not at once.
    assertThat(writer.next(first, other, NOW.plusSeconds(23))).isEqualTo(second);
  }

  @Test
  void suspectsWhoChangePlacesAreNoNewsAndOthersOnlyEveryTenSeconds() {
    LlamaMeshStatus first = write(null, suspecting(7, "a>b", "c>d"), 0);

    MeshState swapped = suspecting(7, "c>d", "a>b");
    assertThat(writer.isNews(swapped.network(), NOW.plusSeconds(30))).isFalse();
    assertThat(writer.next(first, swapped, NOW.plusSeconds(30))).isNull();

    MeshState third = suspecting(7, "e>f", "a>b");
    assertThat(writer.isNews(third.network(), NOW.plusSeconds(9))).isFalse();
    assertThat(writer.next(first, third, NOW.plusSeconds(9))).isNull();
    assertThat(writer.next(first, third, NOW.plusSeconds(11))).isNotNull();
  }

  @Test
  void whatIsSaidAlreadyIsNoNews() {
    write(null, known(Verdict.HEALTHY, 0.1), 0);

    assertThat(writer.isNews(known(Verdict.HEALTHY, 0.3).network(), NOW.plusSeconds(12))).isFalse();
    assertThat(writer.isNews(known(Verdict.NODE_LOSS, 9).network(), NOW.plusSeconds(12))).isTrue();
    assertThat(
            writer.isNews(new NetworkView.Unknown("ScraperUnreachable", "x"), NOW.plusSeconds(12)))
        .isTrue();
  }

  @Test
  void anOperatorThatHasJustStartedLeavesWhatIsSaidOfTheNetworkUntilItHasAsked() {
    LlamaMeshStatus before = write(null, known(Verdict.PAIR_LOSS, 7), 0);
    StatusWriter anew = new StatusWriter();

    assertThat(anew.next(before, with(NetworkView.NOT_ASKED), NOW.plusSeconds(100))).isNull();

    LlamaMeshStatus asked =
        Objects.requireNonNull(
            anew.next(
                before,
                with(new NetworkView.Unknown("ScraperUnreachable", "x")),
                NOW.plusSeconds(101)));
    assertThat(since(asked, "NetworkHealthy")).isEqualTo("2026-11-20T10:01:41Z");
    assertThat(asked.lossPercent()).isNull();
  }

  @Test
  void lossBelowAHundredthIsNotShownAsNothing() {
    assertThat(Numbers.percent(0.0042)).isEqualTo("0.0042");
    assertThat(Numbers.percent(0.0)).isEqualTo("0");
    assertThat(Numbers.percent(12.1049)).isEqualTo("12.1");
    assertThat(Numbers.percent(null)).isNull();
  }

  @Test
  void timesHaveTwoDigitsAndAUnit() {
    assertThat(Numbers.time(0.4123)).isEqualTo("410us");
    assertThat(Numbers.time(12.345)).isEqualTo("12ms");
    assertThat(Numbers.time(1500.0)).isEqualTo("1.5s");
  }

  private LlamaMeshStatus write(
      @org.jspecify.annotations.Nullable LlamaMeshStatus before, MeshState state, int second) {
    return Objects.requireNonNull(writer.next(before, state, NOW.plusSeconds(second)));
  }

  private static Condition condition(LlamaMeshStatus status, String type) {
    return Objects.requireNonNull(status.conditions()).stream()
        .filter(c -> type.equals(c.getType()))
        .findFirst()
        .orElseThrow();
  }

  private static String since(LlamaMeshStatus status, String type) {
    return Objects.requireNonNull(status.conditions()).stream()
        .filter(c -> c.getType().equals(type))
        .findFirst()
        .orElseThrow()
        .getLastTransitionTime();
  }

  private static MeshState known(Verdict verdict, double loss) {
    return known(verdict, loss, List.of());
  }

  private static MeshState suspecting(double loss, String... pairs) {
    return known(
        Verdict.PAIR_LOSS,
        loss,
        Stream.of(pairs)
            .map(pair -> new Suspect(MeshReport.Kind.PAIR, pair, null, 1, 1, loss))
            .toList());
  }

  private static MeshState known(Verdict verdict, double loss, List<Suspect> suspects) {
    return with(
        new NetworkView.Known(
            new MeshReport(
                "m",
                NOW,
                verdict,
                loss + " % lost",
                new Totals(2, 2, 2, 0, loss, 0.1, 0.4),
                List.of(),
                suspects,
                new Store(Store.State.NOT_CONFIGURED, null, null, 0))));
  }

  private static MeshState with(NetworkView network) {
    return with(network, "", List.of());
  }

  private static MeshState with(NetworkView network, String families, List<NodeFacts> nodes) {
    var spec =
        MeshDefaults.fill(
            families.isEmpty()
                ? null
                : Serialization.unmarshal("ipFamilies: " + families, LlamaMeshSpec.class));
    return new MeshState(
        1,
        List.of(),
        spec,
        false,
        Planner.plan(new MeshFacts("m", spec, "http://m", nodes)),
        List.of(),
        List.of(),
        new AgentsState(2, 2, List.of(), "", null),
        new ScraperState(1, 1, null),
        network);
  }

  private static NodeFacts node(String name, @Nullable String ipv4) {
    return new NodeFacts(
        name, Map.of("kubernetes.io/os", "linux"), ipv4, null, false, NOW, 8100, List.of());
  }
}
