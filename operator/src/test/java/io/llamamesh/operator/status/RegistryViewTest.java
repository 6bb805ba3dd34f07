package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.fabric8.kubernetes.api.model.Condition;
import io.llamamesh.crd.LlamaMeshStatus;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import io.llamamesh.results.ResultsJson;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of registries, bounded, and what the status says of that. */
final class RegistryViewTest {
  private static final Set<String> TAGS = Set.of("zone", "region");

  private static ListedProbe probe(int number, String name, Map<String, String> tags) {
    return new ListedProbe(
        "wan", "198.51." + number / 256 + "." + number % 256, 8100, "", name, false, tags);
  }

  @Test
  void ofTagsThoseThatTheMeshUsesAreKept() {
    RegistryView view =
        RegistryView.of(
            List.of(
                probe(2, "b", Map.of("zone", "fra", "probe_name", "b", "note", "x".repeat(256))),
                probe(1, "a", Map.of()),
                probe(3, "", Map.of("zone", "fra"))),
            TAGS);

    assertThat(view.probes())
        .containsExactly(probe(1, "a", Map.of()), probe(2, "b", Map.of("zone", "fra")));
    assertThat(view).returns(0, RegistryView::leftOut).returns(0, RegistryView::withoutTags);
  }

  @Test
  void probesThatSayTooMuchLoseTheirOwnTagsAndNobodyElses() throws JsonProcessingException {
    List<ListedProbe> listed =
        new ArrayList<>(
            IntStream.range(0, 100)
                .mapToObj(i -> probe(i, "z-honest-" + i, Map.of("zone", "fra")))
                .toList());
    // First by name, so that they would come first in any list by name.
    IntStream.range(100, 2_000)
        .mapToObj(
            i -> probe(i, "a" + i, Map.of("zone", "\"".repeat(256), "region", "ü".repeat(256))))
        .forEach(listed::add);

    RegistryView view = RegistryView.of(listed, TAGS);

    assertThat(bytes(view.probes())).isLessThan(RegistryView.MAX_BYTES);
    assertThat(view.leftOut()).isZero();
    assertThat(view.withoutTags()).isBetween(1_500, 1_899);
    assertThat(view.probes().stream().filter(probe -> probe.name().startsWith("z-honest")))
        .hasSize(100)
        .allMatch(probe -> probe.tags().equals(Map.of("zone", "fra")));
  }

  @Test
  void ofNamesThatAreLongerThanAllMayBeTheLongestAreLeftOut() throws JsonProcessingException {
    List<ListedProbe> listed =
        IntStream.range(0, 2_000)
            .mapToObj(i -> probe(i, i % 10 == 0 ? "short-" + i : "名".repeat(240) + i, Map.of()))
            .toList();

    RegistryView view = RegistryView.of(listed, TAGS);

    assertThat(bytes(view.probes())).isLessThan(RegistryView.MAX_BYTES);
    assertThat(view.registered()).isEqualTo(2_000);
    assertThat(view.leftOut()).isBetween(1_000, 1_800);
    assertThat(view.probes().stream().filter(probe -> probe.name().startsWith("short")))
        .hasSize(200);
  }

  /** Any lists: within the bound, nobody is lost without being counted, the order is one. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aListIsBoundedWhateverIsInIt(long seed) throws JsonProcessingException {
    Random random = new Random(seed);
    List<ListedProbe> listed = new ArrayList<>();
    int longest = 1 + random.nextInt(250);
    for (int i = 0; i < random.nextInt(2_500); i++) {
      listed.add(
          new ListedProbe(
              "g" + random.nextInt(3),
              "198.51." + i / 256 + "." + i % 256,
              1 + random.nextInt(65_535),
              random.nextBoolean() ? "" : "203.0.113.7",
              text(random, longest) + i,
              random.nextBoolean(),
              random.nextBoolean()
                  ? Map.of()
                  : Map.of("zone", text(random, longest), "other", text(random, longest))));
    }

    RegistryView view = RegistryView.of(listed, TAGS);

    assertThat(bytes(view.probes())).isLessThanOrEqualTo(RegistryView.MAX_BYTES);
    assertThat(view.registered()).isEqualTo(listed.size());
    assertThat(view.probes()).doesNotHaveDuplicates();
    List<ListedProbe> shuffled = new ArrayList<>(listed);
    Collections.shuffle(shuffled, random);
    assertThat(RegistryView.of(shuffled, TAGS)).isEqualTo(view);
    assertThat(RegistryView.of(view.probes(), TAGS).probes()).isEqualTo(view.probes());
  }

  private static String text(Random random, int longest) {
    String[] pieces = {"a", "\"", "ü", "名", "\\", "\u0001"};
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(longest); i >= 0; i--) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  private static int bytes(List<ListedProbe> probes) throws JsonProcessingException {
    return ResultsJson.mapper().writeValueAsString(probes).getBytes(StandardCharsets.UTF_8).length;
  }

  @Test
  void whatHadNoRoomIsSaidWithTheRemedy() {
    assertThat(condition(new RegistryView(List.of(), 0, 0, null), 1))
        .returns("True", Condition::getStatus)
        .returns("Answers", Condition::getReason);
    assertThat(condition(new RegistryView(List.of(), 1, 12, null), 1))
        .returns("True", Condition::getStatus)
        .returns("TooLong", Condition::getReason)
        .satisfies(c ->
            assertThat(c.getMessage())
                .contains("1 probe is no target", "shorter names")
                .contains("12 probes are without tags", "spec.tagLabels"));
    assertThat(condition(new RegistryView(List.of(), 0, 0, null), 5_000))
        .returns("TooLong", Condition::getReason)
        .satisfies(c -> assertThat(c.getMessage()).contains("nodes' names can be taken by probes"));
    assertThat(condition(new RegistryView(List.of(), 0, 12, "it is away"), 1))
        .returns("False", Condition::getStatus)
        .returns("NoAnswer", Condition::getReason);
  }

  private static Condition condition(RegistryView registry, int nodes) {
    MeshSettings settings =
        MeshSettings.of(MeshStates.spec("registration: {enabled: true, tokenSecret: t}"));
    List<NodeFacts> facts =
        IntStream.range(0, nodes)
            .mapToObj(i ->
                new NodeFacts(
                    "n".repeat(100) + i, Map.of(), null, null, false, null, null, List.of()))
            .toList();
    MeshState state =
        new MeshState(
            1,
            List.of(),
            settings,
            false,
            Planner.plan(new MeshFacts("m", settings, "http://m", facts)),
            List.of(),
            List.of(),
            List.of(),
            new AgentsReadiness(2, 2, List.of(), "", null),
            new ScraperReadiness(1, 1, null),
            NetworkView.NOT_ASKED,
            registry,
            null);
    LlamaMeshStatus status = StatusFactory.of(null, state, Instant.parse("2026-11-20T10:00:00Z"));
    return Objects.requireNonNull(status.conditions()).stream()
        .filter(c -> c.getType().equals("RegistryReady"))
        .findFirst()
        .orElseThrow();
  }
}
