package io.llamamesh.fabric.crdt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DocumentTest {

  private static final Actor N1 = new Actor("n1", 1);
  private static final Actor N2 = new Actor("n2", 1);

  private long now = 1_000;

  @Test
  void concurrentIncrementsAllCount() throws OperationException {
    Document base = apply(Document.EMPTY, increment(5), N1);
    Document a = apply(base, increment(2), N1);
    Document b = apply(base, increment(-3), N2);
    assertThat(a.join(b).root().counter("c")).isEqualTo(4);
  }

  @Test
  void aRetriedIncrementCountsTwiceAndADeltaThatComesTwiceOnce() throws OperationException {
    Document.Applied applied = applied(Document.EMPTY, increment(5), N1);
    Document twice = applied.document().join(applied.delta()).join(applied.delta());
    assertThat(twice.root().counter("c")).isEqualTo(5);
    assertThat(apply(twice, increment(5), N1).root().counter("c")).isEqualTo(10);
  }

  @Test
  void enablingWinsOverAConcurrentDisabling() throws OperationException {
    Document on = apply(Document.EMPTY, flag(new Operation.Enable()), N1);
    Document off = apply(on, flag(new Operation.Disable()), N2);
    Document again = apply(on, flag(new Operation.Enable()), N1);
    assertThat(off.root().isFlagEnabled("f")).isFalse();
    assertThat(on.join(off).root().isFlagEnabled("f")).isFalse();
    assertThat(off.join(again).root().isFlagEnabled("f")).isTrue();
  }

  @Test
  void addingWinsOverAConcurrentRemovalAndWhatWasSeenStaysRemoved() throws OperationException {
    Document base = apply(Document.EMPTY, add("x", "y"), N1);
    Document removed = apply(base, remove("x", "y"), N2);
    Document added = apply(base, add("x"), N1);
    assertThat(removed.join(added).root().set("s").elements()).containsExactly("x");
    assertThat(removed.join(base).root().set("s").elements()).isEmpty();
  }

  @Test
  void aLaterAssignmentBeatsAClockThatRunsAhead() throws OperationException {
    Document ahead =
        Document.EMPTY.apply(assign("from 2036"), N1, 2_080_000_000_000L, 0).document();
    Document later = ahead.apply(assign("now"), N2, 1_800_000_000_000L, 0).document();
    assertThat(later.join(ahead).root().register("r").value()).hasValue("now");
  }

  @Test
  void theLatestOfConcurrentAssignmentsIsReadOnBothSides() throws OperationException {
    Document a = Document.EMPTY.apply(assign("early"), N1, 1_000, 0).document();
    Document b = Document.EMPTY.apply(assign("late"), N2, 1_001, 0).document();
    assertThat(a.join(b).root().register("r").value()).hasValue("late");
    assertThat(b.join(a).root().register("r").value()).hasValue("late");
    assertThat(b.join(a).root().register("r").writer()).hasValue(N2);
  }

  @Test
  void ofTwoAssignmentsInTheSameMillisecondBothSidesReadTheSame() throws OperationException {
    Document a = Document.EMPTY.apply(assign("zz"), N1, 1_000, 0).document();
    Document b = Document.EMPTY.apply(assign("aa"), N2, 1_000, 0).document();
    assertThat(a.join(b).root().register("r").value()).hasValue("aa");
    assertThat(b.join(a)).isEqualTo(a.join(b));
  }

  @Test
  void aRemovedMapKeepsOnlyWhatWasWrittenConcurrently() throws OperationException {
    Operation fill =
        Operation.Update.field(
            "m",
            FieldType.MAP,
            new Operation.Update(
                List.of(
                    new Operation.ChangeField(
                        new Field("s", FieldType.SET), new Operation.Add(Set.of("a", "b"))),
                    new Operation.ChangeField(
                        new Field("r", FieldType.REGISTER), new Operation.Assign("old")))));
    Document base = apply(Document.EMPTY, fill, N1);
    Document removed = apply(base, Operation.Update.without("m", FieldType.MAP), N2);
    Document written =
        apply(
            base,
            Operation.Update.field(
                "m",
                FieldType.MAP,
                Operation.Update.field("s", FieldType.SET, new Operation.Add(Set.of("c")))),
            N1);
    FieldMap map = removed.join(written).root().map("m");
    assertThat(map.set("s").elements()).containsExactly("c");
    assertThat(map.register("r").value()).isEmpty();
  }

  @Test
  void aCounterThatGrowsConcurrentlyWithItsRemovalKeepsThatShare() throws OperationException {
    Document base = apply(apply(Document.EMPTY, increment(5), N1), increment(7), N2);
    Document removed = apply(base, Operation.Update.without("c", FieldType.COUNTER), N2);
    Document grown = apply(base, increment(1), N1);
    assertThat(removed.join(grown).root().counter("c")).isEqualTo(6);
    assertThat(apply(removed, increment(1), N1).join(base).root().counter("c")).isEqualTo(1);
  }

  @Test
  void removingWhatIsNotThereChangesNothing() throws OperationException {
    Document base = apply(Document.EMPTY, add("x"), N1);
    assertThat(applied(base, remove("y"), N1).hasChanged()).isFalse();
    assertThat(applied(base, flag(new Operation.Disable()), N1).hasChanged()).isFalse();
    assertThat(applied(base, Operation.Update.without("none", FieldType.MAP), N1).document())
        .isSameAs(base);
  }

  @Test
  void anUpdateIsDoneInFullOrNotAtAll() throws OperationException {
    Operation half =
        new Operation.Update(
            List.of(
                new Operation.ChangeField(
                    new Field("c", FieldType.COUNTER), new Operation.Increment(1)),
                new Operation.ChangeField(
                    new Field("f", FieldType.FLAG), new Operation.Increment(1))));
    Document base = apply(Document.EMPTY, increment(1), N1);
    assertThatThrownBy(() -> base.apply(half, N1, now, 0))
        .isInstanceOf(OperationException.class)
        .hasMessageContaining("field f")
        .hasMessageContaining("flag");
    assertThat(base.root().counter("c")).isEqualTo(1);
  }

  @Test
  void whatAnUpdateWritesAndRemovesAgainIsSeenAndGone() throws OperationException {
    Operation both =
        new Operation.Update(
            List.of(
                new Operation.ChangeField(
                    new Field("s", FieldType.SET), new Operation.Add(Set.of("x"))),
                new Operation.RemoveField(new Field("s", FieldType.SET))));
    Document.Applied applied = applied(Document.EMPTY, both, N1);
    assertThat(applied.document().isEmpty()).isTrue();
    assertThat(applied.document().context().lastEvent(N1)).isEqualTo(1);
    assertThat(Document.EMPTY.join(applied.delta())).isEqualTo(applied.document());
  }

  @Test
  void boundsAreHeld() throws OperationException {
    Document large = apply(Document.EMPTY, increment(Long.MAX_VALUE), N1);
    assertThatThrownBy(() -> large.apply(increment(1), N2, now, 0))
        .isInstanceOf(OperationException.class)
        .hasMessageContaining("64 bits");
    Operation deep = increment(1);
    for (int i = 0; i < DocumentLimits.MAX_DEPTH; i++) {
      deep = Operation.Update.field("m", FieldType.MAP, deep);
    }
    Operation tooDeep = deep;
    assertThatThrownBy(() -> Document.EMPTY.apply(tooDeep, N1, now, 0))
        .isInstanceOf(OperationException.class)
        .hasMessageContaining("deeper");
    for (int i = 0; i < 100_000; i++) {
      deep = Operation.Update.field("m", FieldType.MAP, deep);
    }
    Operation endless = deep;
    assertThatThrownBy(() -> Document.EMPTY.apply(endless, N1, now, 0))
        .isInstanceOf(OperationException.class)
        .hasMessageContaining("deeper");
    assertThatThrownBy(() -> new Operation.Assign("\ud800"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Field("", FieldType.MAP))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Field("x".repeat(256), FieldType.MAP))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void sharesBeyondSixtyFourBitsByJoinsAreHeldAtTheEnd() throws OperationException {
    Document a = apply(Document.EMPTY, increment(Long.MAX_VALUE), N1);
    Document b = apply(Document.EMPTY, increment(Long.MAX_VALUE), N2);
    assertThat(a.join(b).root().counter("c")).isEqualTo(Long.MAX_VALUE);
  }

  private Document apply(Document document, Operation operation, Actor actor)
      throws OperationException {
    return applied(document, operation, actor).document();
  }

  private Document.Applied applied(Document document, Operation operation, Actor actor)
      throws OperationException {
    return document.apply(operation, actor, ++now, 0);
  }

  private static Operation increment(long by) {
    return Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(by));
  }

  private static Operation flag(Operation operation) {
    return Operation.Update.field("f", FieldType.FLAG, operation);
  }

  private static Operation add(String... elements) {
    return Operation.Update.field("s", FieldType.SET, new Operation.Add(Set.of(elements)));
  }

  private static Operation remove(String... elements) {
    return Operation.Update.field("s", FieldType.SET, new Operation.Remove(Set.of(elements)));
  }

  private static Operation assign(String value) {
    return Operation.Update.field("r", FieldType.REGISTER, new Operation.Assign(value));
  }
}
