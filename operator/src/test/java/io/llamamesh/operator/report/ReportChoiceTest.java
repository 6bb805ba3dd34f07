package io.llamamesh.operator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.operator.report.ReportChoice.Answer;
import io.llamamesh.operator.status.NetworkView;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Kind;
import io.llamamesh.results.FabricReport.Unreachable;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.MeshReport.Store.State;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.Verdict;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReportChoiceTest {
  private static final NetworkView.Unknown LOST =
      new NetworkView.Unknown("ScraperUnreachable", "no answer within two seconds");

  @Test
  void theOneThatWritesIsBelieved() {
    assertThat(
            verdict(
                "b",
                answer("a", report(Verdict.HEALTHY, 10, State.PENDING)),
                answer("b", report(Verdict.NODE_LOSS, 10, State.REACHABLE))))
        .isEqualTo(Verdict.NODE_LOSS);
  }

  @Test
  void whereItDoesNotAnswerTheOtherOneIs() {
    assertThat(
            verdict(
                "a", answer("a", LOST), answer("b", report(Verdict.NODE_LOSS, 9, State.PENDING))))
        .isEqualTo(Verdict.NODE_LOSS);
  }

  @Test
  void oneThatIsHalfCutOffIsNotBelievedAboutTheNetworkButAboutTheStore() {
    NetworkView view =
        ReportChoice.of(
            List.of(
                answer("a", report(Verdict.HEALTHY, 2, State.UNREACHABLE)),
                answer("b", report(Verdict.NODE_LOSS, 9, State.PENDING))),
            "a");

    MeshReport report = ((NetworkView.Known) view).report();
    assertThat(report.verdict()).isEqualTo(Verdict.NODE_LOSS);
    assertThat(report.store().state()).isEqualTo(State.UNREACHABLE);
  }

  @Test
  void oneThatSeesNothingIsNotBelievedWhereAnotherSees() {
    assertThat(
            verdict(
                "a",
                answer("a", report(Verdict.NO_DATA, 0, State.REACHABLE)),
                answer("b", report(Verdict.HEALTHY, 3, State.PENDING))))
        .isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void ofTwoThatSeeAsLittleTheWriterStays() {
    assertThat(
            verdict(
                "b",
                answer("a", report(Verdict.HEALTHY, 5, State.PENDING)),
                answer("b", report(Verdict.PAIR_LOSS, 5, State.REACHABLE))))
        .isEqualTo(Verdict.PAIR_LOSS);
  }

  @Test
  void withoutAWriterAReadyOneGoesBeforeOneThatIsNot() {
    Answer notReady =
        new Answer(
            new ScraperEndpoint("a", URI.create("http://a"), false),
            new NetworkView.Known(report(Verdict.PAIR_LOSS, 10, State.PENDING)));

    assertThat(verdict(null, notReady, answer("b", report(Verdict.HEALTHY, 10, State.PENDING))))
        .isEqualTo(Verdict.HEALTHY);
    assertThat(verdict(null, notReady)).isEqualTo(Verdict.PAIR_LOSS);
  }

  @Test
  void whatTheFabricOfAnotherThatSeesEnoughNamesIsBelievedAtOnce() {
    FabricReport names =
        new FabricReport(
            3, Instant.EPOCH, List.of(new Unreachable("n3", Instant.EPOCH, Kind.NODE)), List.of());
    MeshReport clear =
        report(Verdict.HEALTHY, 10, State.REACHABLE)
            .withFabric(FabricReport.clear(1, Instant.EPOCH));

    assertThat(
            fabric(
                answer("a", clear),
                answer("b", report(Verdict.HEALTHY, 10, State.PENDING).withFabric(names))))
        .isEqualTo(names);
    // One that is half cut off names the others.
    assertThat(
            fabric(
                answer("a", clear),
                answer("b", report(Verdict.HEALTHY, 2, State.PENDING).withFabric(names))))
        .isEqualTo(clear.fabric());
    assertThat(fabric(answer("a", report(Verdict.HEALTHY, 10, State.PENDING)))).isNull();
  }

  private static @Nullable FabricReport fabric(Answer... answers) {
    return ((NetworkView.Known) ReportChoice.of(List.of(answers), "a")).report().fabric();
  }

  @Test
  void whereNoneAnswersTheReadyOnesWordsAreTold() {
    Answer notReady = new Answer(new ScraperEndpoint("a", URI.create("http://a"), false), LOST);

    assertThat(ReportChoice.of(List.of(), null)).isEqualTo(ReportChoice.NOT_READY);
    assertThat(ReportChoice.of(List.of(notReady), "a")).isEqualTo(ReportChoice.NOT_READY);
    assertThat(ReportChoice.of(List.of(notReady, answer("b", LOST)), "a")).isEqualTo(LOST);
  }

  private static Verdict verdict(@Nullable String writer, Answer... answers) {
    return ((NetworkView.Known) ReportChoice.of(List.of(answers), writer)).report().verdict();
  }

  private static Answer answer(String pod, MeshReport report) {
    return answer(pod, new NetworkView.Known(report));
  }

  private static Answer answer(String pod, NetworkView view) {
    return new Answer(new ScraperEndpoint(pod, URI.create("http://" + pod), true), view);
  }

  private static MeshReport report(Verdict verdict, int reporting, State store) {
    return new MeshReport(
        "m",
        Instant.EPOCH,
        verdict,
        "",
        new Totals(10, reporting, 90, 0, 0.0, 0.1, 0.4),
        List.of(),
        List.of(),
        new Store(store, null, null, 0));
  }
}
