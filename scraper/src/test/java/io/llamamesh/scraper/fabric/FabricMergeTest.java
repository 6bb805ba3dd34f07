package io.llamamesh.scraper.fabric;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Kind;
import io.llamamesh.results.FabricState;
import io.llamamesh.scraper.fabric.FabricMerge.Witness;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FabricMergeTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration FRESH = Duration.ofMillis(300);
  private static final Duration LATE = Duration.ofMillis(1_600);

  /** An agent that holds n1 to n6 for up, but for some. */
  private static Witness witness(String self, Duration age, Map<String, FabricState> others) {
    return witness(self, age, others, List.of());
  }

  private static Witness witness(
      String self,
      Duration age,
      Map<String, FabricState> others,
      List<FabricPartitions.Partition> partitions) {
    Map<String, FabricState> states = new TreeMap<>();
    for (int i = 1; i <= 6; i++) {
      states.put("n" + i, FabricState.UP);
    }
    states.putAll(others);
    List<FabricMembers.Member> members = new ArrayList<>();
    states.forEach((name, state) ->
        members.add(
            new FabricMembers.Member(name, 1, "", state, false, null, List.of(), List.of())));
    return new Witness(new FabricMembers(self, members), new FabricPartitions(partitions), age);
  }

  private static FabricPartitions.Partition block(List<String> sideA, List<String> sideB) {
    return new FabricPartitions.Partition(
        sideA, sideB, FabricPartitions.Direction.A_TO_B, false, List.of("n6"), 1);
  }

  private static FabricReport merge(Witness... witnesses) {
    return FabricMerge.merge(List.of(witnesses), Set.of(), Set.of(), null, NOW);
  }

  private static List<String> unreachable(FabricReport report) {
    return report.unreachable().stream().map(FabricReport.Unreachable::node).toList();
  }

  @Test
  void whoIsHeldForDownByAllIsUnreachable() {
    FabricReport report =
        merge(
            witness("n1", FRESH, Map.of("n4", FabricState.FAILED)),
            witness("n2", FRESH, Map.of("n4", FabricState.CUT_OFF)),
            witness("n3", FRESH, Map.of("n4", FabricState.ABSENT)));

    assertThat(report.agents()).isEqualTo(3);
    assertThat(report.unreachable())
        .containsExactly(new FabricReport.Unreachable("n4", NOW, Kind.NODE));
  }

  @Test
  void oneThatReachesANodeIsEnough() {
    assertThat(
            merge(
                    witness("n1", FRESH, Map.of("n4", FabricState.FAILED)),
                    witness("n2", FRESH, Map.of("n4", FabricState.FAILED)),
                    witness("n3", FRESH, Map.of()))
                .isClear())
        .isTrue();
  }

  @Test
  void whoLeftIsNotNamedWhateverOthersSay() {
    for (FabricState state : List.of(FabricState.LEFT, FabricState.FORGOTTEN)) {
      assertThat(
              merge(
                      witness("n1", FRESH, Map.of("n4", FabricState.FAILED)),
                      witness("n2", FRESH, Map.of("n4", state)))
                  .isClear())
          .as("%s", state)
          .isTrue();
    }
    assertThat(
            FabricMerge.merge(
                    List.of(witness("n1", FRESH, Map.of("n4", FabricState.FAILED))),
                    Set.of("n4"),
                    Set.of(),
                    null,
                    NOW)
                .isClear())
        .as("a node that is about to be removed")
        .isTrue();
  }

  @Test
  void whoseHostAnswersHasOnlyItsAgentDown() {
    assertThat(
            merge(
                    witness("n1", FRESH, Map.of("n4", FabricState.FAILED)),
                    witness("n2", FRESH, Map.of("n4", FabricState.AGENT_DOWN)))
                .unreachable())
        .containsExactly(new FabricReport.Unreachable("n4", NOW, Kind.AGENT));
  }

  @Test
  void theLastWordOfADeadOneDoesNotCount() {
    Witness dead = witness("n4", LATE, Map.of());
    Witness[] others = {
      witness("n1", FRESH, Map.of("n4", FabricState.FAILED)),
      witness("n2", FRESH, Map.of("n4", FabricState.FAILED))
    };
    FabricReport report = merge(dead, others[0], others[1]);
    assertThat(unreachable(report)).containsExactly("n4");
    assertThat(report.agents()).isEqualTo(2);
    assertThat(merge(witness("n4", FRESH, Map.of()), others[0], others[1]).isClear())
        .as("one that still speaks here is not dead")
        .isTrue();
    assertThat(merge(witness("n4", LATE, Map.of()), witness("n1", FRESH, Map.of())).agents())
        .as("one that is late and that nobody accuses is listened to")
        .isEqualTo(2);
  }

  @Test
  void twoThatDieTogetherDoNotVouchForEachOther() {
    FabricReport report =
        merge(
            witness("n4", LATE, Map.of()),
            witness("n5", LATE, Map.of()),
            witness("n1", FRESH, Map.of("n4", FabricState.FAILED, "n5", FabricState.FAILED)));

    assertThat(unreachable(report)).containsExactly("n4", "n5");
    assertThat(report.agents()).isEqualTo(1);
  }

  @Test
  void membersThatOneAloneKnowsOfAreNotNamed() {
    Witness liar =
        witness(
            "n1",
            FRESH,
            Map.of("ghost-1", FabricState.FAILED, "ghost-2", FabricState.UP),
            List.of(block(List.of("ghost-2"), List.of("n2"))));

    assertThat(
            merge(liar, witness("n2", FRESH, Map.of()), witness("n3", FRESH, Map.of())).isClear())
        .isTrue();
  }

  @Test
  void aPartitionIsNamedWithTheSidesThatMostAgreeOn() {
    FabricPartitions.Partition whole = block(List.of("n1", "n2"), List.of("n3", "n4", "n5"));
    FabricPartitions.Partition part = block(List.of("n1"), List.of("n3"));
    FabricReport report =
        merge(
            witness("n1", FRESH, Map.of(), List.of(whole)),
            witness("n2", FRESH, Map.of(), List.of(whole)),
            witness("n6", FRESH, Map.of(), List.of(part)));

    assertThat(report.unreachable()).isEmpty();
    assertThat(report.partitions())
        .containsExactly(
            new FabricReport.Partition(
                List.of("n1", "n2"),
                List.of("n3", "n4", "n5"),
                List.of("n6"),
                FabricReport.Direction.A_TO_B,
                NOW));
    assertThat(
            merge(
                    witness("n1", FRESH, Map.of(), List.of(part)),
                    witness("n2", FRESH, Map.of(), List.of(whole)))
                .partitions())
        .as("no two agree")
        .isEmpty();
  }

  @Test
  void aCutOfUdpAloneIsReportedAsOne() {
    FabricPartitions.Partition block =
        new FabricPartitions.Partition(
            List.of("n1", "n2"),
            List.of("n6"),
            FabricPartitions.Direction.BOTH,
            true,
            List.of(),
            0);
    FabricReport report =
        merge(
            witness("n1", FRESH, Map.of(), List.of(block)),
            witness("n2", FRESH, Map.of(), List.of(block)));

    assertThat(report.partitions())
        .containsExactly(
            new FabricReport.Partition(
                List.of("n1", "n2"),
                List.of("n6"),
                List.of(),
                FabricReport.Direction.BOTH,
                NOW,
                true));
  }

  @Test
  void aBlockedPortIsReportedByItsOwnWordOrThatOfMostOthersAndIsNoFault() {
    Witness one = blocking("n1", "n4");
    Witness other = blocking("n2", "n4");
    Witness free = blocking("n3");

    FabricReport report = merge(one, other, free);
    assertThat(report.fabricBlocked()).containsExactly(new FabricReport.Blocked("n4", NOW));
    assertThat(report.isClear()).as("nobody is unreachable").isTrue();
    assertThat(merge(one, free, blocking("n5")).fabricBlocked()).as("one of three").isEmpty();
    assertThat(merge(blocking("n4", "n4", "n1"), free, blocking("n1")).fabricBlocked())
        .as("its own word counts, of others it knows nothing")
        .containsExactly(new FabricReport.Blocked("n4", NOW));
    assertThat(merge(one, other, blocking("n4")).fabricBlocked())
        .as("it has a link by its own word")
        .isEmpty();
    assertThat(
            FabricMerge.merge(List.of(one, other), Set.of("n4"), Set.of(), null, NOW)
                .fabricBlocked())
        .as("a node that is about to be removed")
        .isEmpty();
    assertThat(
            FabricMerge.merge(List.of(one, other), Set.of(), Set.of(), report, NOW.plusSeconds(9))
                .fabricBlocked())
        .as("it keeps its time")
        .containsExactly(new FabricReport.Blocked("n4", NOW));
  }

  @Test
  void whoAnswersHereThatItTakesNoPartIsNotDead() {
    Witness one = witness("n1", FRESH, Map.of("n4", FabricState.FAILED));
    Witness other = witness("n2", FRESH, Map.of("n4", FabricState.CUT_OFF));

    FabricReport report =
        FabricMerge.merge(List.of(one, other), Set.of(), Set.of("n4", "n5"), null, NOW);

    assertThat(report.unreachable()).isEmpty();
    assertThat(report.fabricBlocked())
        .as("n5 is up for all")
        .containsExactly(new FabricReport.Blocked("n4", NOW));
  }

  /** An agent that holds n1 to n6 for up, and these for blocked. */
  private static Witness blocking(String self, String... blocked) {
    List<FabricMembers.Member> members = new ArrayList<>();
    for (int i = 1; i <= 6; i++) {
      String name = "n" + i;
      boolean isBlocked = List.of(blocked).contains(name);
      members.add(
          new FabricMembers.Member(
              name, 1, "", FabricState.UP, isBlocked, null, List.of(), List.of()));
    }
    return new Witness(new FabricMembers(self, members), new FabricPartitions(List.of()), FRESH);
  }

  @Test
  void whoIsOnAnotherSideOfACutDoesNotVoteOnItsPartitions() {
    FabricPartitions.Partition block = block(List.of("n1"), List.of("n2"));
    FabricReport report =
        merge(
            witness("n1", FRESH, Map.of("n6", FabricState.CUT_OFF), List.of(block)),
            witness("n6", FRESH, allButSelfCutOff()));

    assertThat(report.partitions())
        .extracting(FabricReport.Partition::sideA)
        .containsExactly(List.of("n1"), List.of("n1", "n2", "n3", "n4", "n5"));
  }

  private static Map<String, FabricState> allButSelfCutOff() {
    Map<String, FabricState> states = new TreeMap<>();
    for (int i = 1; i <= 5; i++) {
      states.put("n" + i, FabricState.CUT_OFF);
    }
    return states;
  }

  @Test
  void twoSidesThatBothSpeakHereAreAPartitionAndNobodyIsDead() {
    Map<String, FabricState> farOfOne =
        Map.of("n5", FabricState.CUT_OFF, "n6", FabricState.CUT_OFF);
    Map<String, FabricState> farOfOther =
        Map.of(
            "n1", FabricState.CUT_OFF,
            "n2", FabricState.CUT_OFF,
            "n3", FabricState.CUT_OFF,
            "n4", FabricState.FAILED);
    FabricReport report =
        merge(
            witness("n5", FRESH, farOfOther),
            witness("n1", FRESH, farOfOne),
            witness("n2", FRESH, farOfOne));

    assertThat(report.unreachable()).isEmpty();
    assertThat(report.partitions())
        .containsExactly(
            new FabricReport.Partition(
                List.of("n1", "n2", "n3", "n4"),
                List.of("n5", "n6"),
                List.of(),
                FabricReport.Direction.BOTH,
                NOW));
    assertThat(unreachable(merge(witness("n1", FRESH, farOfOne), witness("n2", FRESH, farOfOne))))
        .as("the far side says nothing here")
        .containsExactly("n5", "n6");
  }

  @Test
  void whatWasKnownKeepsItsTime() {
    Instant later = NOW.plusSeconds(7);
    Witness one = witness("n1", FRESH, Map.of("n4", FabricState.FAILED));
    FabricReport before = merge(one);

    assertThat(FabricMerge.merge(List.of(one), Set.of(), Set.of(), before, later)).isSameAs(before);

    FabricReport more =
        FabricMerge.merge(
            List.of(
                witness("n1", FRESH, Map.of("n4", FabricState.FAILED, "n5", FabricState.FAILED))),
            Set.of(),
            Set.of(),
            before,
            later);
    assertThat(more.observedAt()).isEqualTo(later);
    assertThat(more.unreachable())
        .containsExactly(
            new FabricReport.Unreachable("n4", NOW, Kind.NODE),
            new FabricReport.Unreachable("n5", later, Kind.NODE));
  }

  @Test
  void oddWordsDoNoHarm() {
    Witness nobody =
        new Witness(new FabricMembers("x", List.of()), new FabricPartitions(List.of()), FRESH);
    assertThat(merge(nobody, nobody).isClear()).isTrue();
    assertThat(merge().agents()).isZero();
    List<FabricMembers.Member> many = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      many.add(
          new FabricMembers.Member(
              "m" + i, 1, "", FabricState.FAILED, false, null, List.of(), List.of()));
    }
    assertThat(
            merge(
                    new Witness(
                        new FabricMembers("n1", many), new FabricPartitions(List.of()), FRESH))
                .unreachable())
        .hasSize(FabricReport.MAX_UNREACHABLE);
  }
}
