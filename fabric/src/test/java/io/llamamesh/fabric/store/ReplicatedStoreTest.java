package io.llamamesh.fabric.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.crdt.Actor;
import io.llamamesh.fabric.crdt.Document;
import io.llamamesh.fabric.crdt.DocumentCodec;
import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.crdt.OperationException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One store: what it answers, and what it makes of what others send. */
class ReplicatedStoreTest {

  private static final Key KEY = new Key("a/b");
  private static final ReplicatedStoreOptions SMALL =
      new ReplicatedStoreOptions(
          2_000, 8_000, 20_000, 4, 2, Duration.ofSeconds(10), Duration.ofDays(7));

  private final FakeStorage storage = new FakeStorage();
  private final List<StoreMessage> multicasts = new ArrayList<>();
  private final List<StoreMessage> sent = new ArrayList<>();
  private final List<Result> results = new ArrayList<>();
  private final InstantSource clock = () -> Instant.ofEpochSecond(1_800_000_000L);
  private ReplicatedStore store;

  @BeforeEach
  void start() throws StorageException {
    store = open(ReplicatedStoreOptions.DEFAULT);
  }

  private ReplicatedStore open(ReplicatedStoreOptions options) throws StorageException {
    StoreOutbox outbox =
        new StoreOutbox() {
          @Override
          public void send(String neighbour, byte[] message) {
            sent.add(decode(message));
          }

          @Override
          public void multicast(byte[] message) {
            multicasts.add(decode(message));
          }
        };
    return ReplicatedStore.open("n1", storage, options, outbox, clock, new Random(1));
  }

  @Test
  void anOperationIsAnsweredAndSentOnlyAfterItIsOnDisk() {
    store.submit(KEY, add("x"), null, results::add);
    assertThat(results).isEmpty();
    assertThat(store.get(KEY).isAbsent()).isTrue();
    int before = storage.batches().size();
    store.flush(0);
    assertThat(storage.batches()).hasSize(before + 1);
    assertThat(results).singleElement().isInstanceOf(Result.Done.class);
    assertThat(multicasts).hasSize(1);
    assertThat(elements()).containsExactly("x");
  }

  @Test
  void operationsThatWaitTogetherAreOneBatchAndSeeEachOther() {
    store.submit(KEY, increment(1), null, results::add);
    store.submit(KEY, increment(2), null, results::add);
    int before = storage.batches().size();
    store.flush(0);
    assertThat(storage.batches()).hasSize(before + 1);
    assertThat(results).hasSize(2);
    assertThat(store.get(KEY).fields().counter("c")).isEqualTo(3);
    assertThat(((Result.Done) results.getFirst()).value().fields().counter("c")).isEqualTo(1);
  }

  @Test
  void whatTheDiskDoesNotTakeIsNeitherDoneNorSentAndTheNextWriteHasNewNumbers() {
    long life = store.counters().life();
    storage.fail();
    apply(add("x"));
    assertThat(last()).isInstanceOf(Result.Unavailable.class);
    assertThat(store.get(KEY).isAbsent()).isTrue();
    assertThat(multicasts).isEmpty();
    storage.mend();
    apply(add("y"));
    assertThat(last()).isInstanceOf(Result.Done.class);
    assertThat(elements()).containsExactly("y");
    assertThat(store.counters().life()).isGreaterThan(life);
    assertThat(store.counters().failedWrites()).isEqualTo(1);
  }

  @Test
  void whatFailsUnexpectedlyLeavesNobodyWithoutAnAnswer() {
    storage.breakDown();
    store.submit(KEY, add("x"), null, results::add);
    store.submit(KEY, add("y"), null, results::add);
    assertThatIllegalStateException().isThrownBy(() -> store.flush(0)).withMessage("broken");
    assertThat(results).hasSize(2).allMatch(result -> result instanceof Result.Unavailable);
    storage.mend();
    apply(add("z"));
    assertThat(last()).isInstanceOf(Result.Done.class);
    assertThat(elements()).containsExactly("z");
  }

  @Test
  void aBatchThatTurnsUpAfterAFailedWriteHasNoNumberOfALaterOne() throws StorageException {
    storage.failAfterWriting();
    apply(increment(5));
    assertThat(last()).isInstanceOf(Result.Unavailable.class);
    Storage.Contents turnedUp = storage.contents();
    storage.mend();
    apply(increment(2));
    Document others = deltaOf(multicasts.getLast());
    storage.putBack(turnedUp);
    store = open(ReplicatedStoreOptions.DEFAULT);
    receive("a/b", others);
    assertThat(store.get(KEY).fields().counter("c")).isEqualTo(7);
  }

  @Test
  void anOperationMeantForAnotherVersionIsStaleAndGetsTheValueAsItIs() {
    store.submit(KEY, add("x"), Value.ABSENT, results::add);
    store.flush(0);
    String first = ((Result.Done) last()).value().version();
    assertThat(store.get(KEY).version()).isEqualTo(first);
    store.submit(KEY, add("y"), Value.ABSENT, results::add);
    store.flush(0);
    assertThat(((Result.Stale) last()).value().version()).isEqualTo(first);
    store.submit(KEY, remove("x"), first, results::add);
    store.flush(0);
    assertThat(last()).isInstanceOf(Result.Done.class);
    store.submit(KEY, add("x"), first, results::add);
    store.flush(0);
    assertThat(last()).as("a removal is another version, too").isInstanceOf(Result.Stale.class);
    assertThat(store.get(KEY).isAbsent()).isTrue();
  }

  @Test
  void ofTwoThatWaitForTheSameVersionTheSecondIsStale() {
    store.submit(KEY, add("x"), Value.ABSENT, results::add);
    store.submit(KEY, add("y"), Value.ABSENT, results::add);
    store.flush(0);
    assertThat(results.get(0)).isInstanceOf(Result.Done.class);
    assertThat(results.get(1)).isInstanceOf(Result.Stale.class);
    assertThat(elements()).containsExactly("x");
  }

  @Test
  void whatChangesNothingIsDoneWithoutADisk() {
    storage.fail();
    apply(remove("x"));
    assertThat(last()).isInstanceOf(Result.Done.class);
    assertThat(multicasts).isEmpty();
  }

  @Test
  void oneMoreThanMayWaitIsBusyAtOnce() {
    for (int i = 0; i < 33; i++) {
      store.submit(KEY, increment(1), null, results::add);
    }
    assertThat(results).containsExactly(new Result.Busy());
    store.flush(0);
    assertThat(store.get(KEY).fields().counter("c")).isEqualTo(32);
    assertThat(store.counters().refused()).isEqualTo(1);
    assertThat(store.counters().operations()).isEqualTo(32);
  }

  @Test
  void aLargeValueIsToldATooLargeOneRefusedAndAlwaysMayItShrink() throws StorageException {
    store = open(SMALL);
    apply(add("x".repeat(1_000)));
    assertThat(((Result.Done) last()).isLarge()).isFalse();
    apply(add("y".repeat(2_000)));
    assertThat(((Result.Done) last()).isLarge()).isTrue();
    apply(add("z".repeat(6_000)));
    assertThat(last()).isInstanceOf(Result.TooLarge.class);
    assertThat(((Result.TooLarge) last()).maxBytes()).isEqualTo(8_000);
    assertThat(store.get(KEY).fields().set("s").elements()).hasSize(2);
    receive("a/b", other(add("w".repeat(7_000))));
    assertThat(elements()).as("joins are not refused so soon").hasSize(3);
    apply(add("v"));
    assertThat(last()).isInstanceOf(Result.TooLarge.class);
    apply(remove("x".repeat(1_000)));
    assertThat(last()).isInstanceOf(Result.Done.class);
  }

  @Test
  void aFullStoreTakesWhatMakesItSmaller() throws StorageException {
    store = open(SMALL);
    for (String key : List.of("a", "b", "c")) {
      store.submit(new Key(key), add("x".repeat(6_000)), null, results::add);
    }
    store.submit(new Key("d"), add("x".repeat(6_000)), null, results::add);
    store.flush(0);
    assertThat(results.subList(0, 3)).allMatch(result -> result instanceof Result.Done);
    assertThat(last()).isInstanceOf(Result.Full.class);
    assertThat(((Result.Full) last()).maxBytes()).isEqualTo(20_000);
    store.remove(new Key("a"), null, results::add);
    store.submit(new Key("d"), add("x".repeat(6_000)), null, results::add);
    store.flush(0);
    assertThat(last()).isInstanceOf(Result.Done.class);
  }

  @Test
  void aValueThatGrowsByJoinsIsRefusedInTheEndAndCounted() throws StorageException {
    store = open(SMALL);
    for (int i = 0; i < 10; i++) {
      receive("a/b", other(add(i + "w".repeat(7_000)), "m" + i));
    }
    assertThat(elements().size()).isBetween(2, 4);
    assertThat(store.counters().refusedJoins()).isPositive();
    assertThat(store.counters().bytes()).isLessThanOrEqualTo(40_000);
  }

  @Test
  void keysOfAnotherNodeAreForbiddenHereAndItsWritesByOthersAreDropped() throws StorageException {
    Key foreign = new Key("node/n2/x");
    store.submit(foreign, add("x"), null, results::add);
    assertThat(last()).isEqualTo(new Result.Forbidden("n2"));
    store.submit(new Key("node/x"), add("x"), null, results::add);
    assertThat(last()).isEqualTo(new Result.Forbidden(""));
    receive("node/n2/x", other(add("forged"), "n3"));
    assertThat(store.get(foreign).isAbsent()).isTrue();
    assertThat(store.counters().foreignWrites()).isEqualTo(1);
    receive("node/n2/x", other(add("right"), "n2"));
    assertThat(store.get(foreign).fields().set("s").elements()).containsExactly("right");
  }

  @Test
  void whatOthersWroteIsNotOnDiskAtOnceButSoon() throws StorageException {
    int before = storage.batches().size();
    store.onMulticast(message("a/b", other(add("x"))), 0);
    store.tick(10_000_000);
    assertThat(storage.batches()).hasSize(before);
    store.tick(60_000_000);
    assertThat(storage.batches()).hasSize(before + 1);
    assertThat(elements()).containsExactly("x");
  }

  @Test
  void aSubscriberSeesWhatIsThereFirstAndEachKeyAtMostOncePending() {
    apply(increment(1));
    store.submit(new Key("a/c"), increment(1), null, results::add);
    store.submit(new Key("other"), increment(1), null, results::add);
    store.flush(0);
    List<String> wakeUps = new ArrayList<>();
    Subscription subscription =
        store.subscribe(KeyPattern.of("a/*"), () -> wakeUps.add("woken")).orElseThrow();
    for (int i = 0; i < 10; i++) {
      apply(increment(1));
    }
    store.submit(new Key("a/d"), increment(1), null, results::add);
    store.flush(0);
    assertThat(subscription.pending()).isEqualTo(3);
    assertThat(wakeUps).hasSize(1);
    List<Change> changes = subscription.poll(2);
    assertThat(changes).extracting(change -> change.key().text()).containsExactly("a/b", "a/c");
    assertThat(changes.getFirst().value().fields().counter("c")).isEqualTo(11);
    assertThat(subscription.poll(10))
        .extracting(change -> change.key().text())
        .containsExactly("a/d");
    assertThat(subscription.poll(10)).isEmpty();
    store.remove(KEY, null, results::add);
    store.flush(0);
    assertThat(wakeUps).hasSize(2);
    assertThat(subscription.poll(10))
        .singleElement()
        .matches(change -> change.key().equals(KEY) && change.value().isAbsent());
    subscription.close();
    apply(increment(1));
    assertThat(subscription.pending()).isZero();
  }

  @Test
  void subscriptionsAreBoundedAndAClosedOneMakesRoom() throws StorageException {
    store = open(SMALL);
    Subscription first = store.subscribe(KeyPattern.of("**"), () -> {}).orElseThrow();
    assertThat(store.subscribe(KeyPattern.of("**"), () -> {})).isPresent();
    assertThat(store.subscribe(KeyPattern.of("**"), () -> {})).isEmpty();
    first.close();
    assertThat(store.subscribe(KeyPattern.of("**"), () -> {})).isPresent();
  }

  @Test
  void aRecordThatCannotBeReadIsCountedAndTheRestIsThere() throws StorageException {
    apply(add("x"));
    Map<String, byte[]> records = new TreeMap<>(storage.contents().records());
    records.put("broken", new byte[] {0, 1, 9});
    storage.putBack(new Storage.Contents(1, 0, records));
    store = open(ReplicatedStoreOptions.DEFAULT);
    assertThat(store.counters().lostRecords()).isEqualTo(1);
    assertThat(elements()).containsExactly("x");
  }

  @Test
  void noiseIsCountedAndChangesNothing() {
    Random random = new Random(1);
    store.neighbourUp("n2", 0);
    for (int i = 0; i < 2_000; i++) {
      byte[] noise = new byte[random.nextInt(600)];
      random.nextBytes(noise);
      if (noise.length > 2) {
        noise[0] = StoreMessage.VERSION;
        noise[1] = (byte) (1 + random.nextInt(9));
      }
      store.onMessage("n2", noise, i);
      store.onMulticast(noise, i);
    }
    store.tick(1_000_000_000L);
    assertThat(store.counters().malformed()).isPositive();
    assertThat(store.keys(KeyPattern.of("**"), "", 10)).isEmpty();
  }

  @Test
  void aNeighbourThatWantsAllAgainAndAgainGetsABoundedShare() {
    apply(
        Operation.Update.field(
            "r", FieldType.REGISTER, new Operation.Assign("x".repeat(900 << 10))));
    store.neighbourUp("n2", 0);
    for (int i = 0; i < 1_000; i++) {
      store.onMessage("n2", StoreMessage.encode(new StoreMessage.Want(List.of("a/b"))), 0);
    }
    long bytes =
        sent.stream()
            .mapToLong(
                message -> message instanceof StoreMessage.Part part ? part.bytes().length : 0)
            .sum();
    assertThat(bytes).isLessThan(4 << 20);
  }

  @Test
  void anAnswerToAnEarlierSummarySaysNothingOfWhatWasWrittenSince() {
    store.neighbourUp("n2", 0);
    apply(add("x"));
    store.exchange();
    long earlier = ((StoreMessage.Summary) sent.getLast()).number();
    apply(add("y"));
    store.exchange();
    long later = ((StoreMessage.Summary) sent.getLast()).number();
    store.onMessage("n2", StoreMessage.encode(new StoreMessage.Equal(earlier)), 0);
    assertThat(store.isReplicated()).isFalse();
    store.onMessage("n2", StoreMessage.encode(new StoreMessage.Equal(later)), 0);
    assertThat(store.isReplicated()).isTrue();
  }

  @Test
  void messagesOfWhoIsNoNeighbourAreIgnored() {
    store.onMessage("n9", StoreMessage.encode(new StoreMessage.Summary(1, new long[64])), 0);
    assertThat(sent).isEmpty();
  }

  @Test
  void aGreaterLifeThatOthersHoldIsFollowedByANewOne() throws StorageException {
    long life = store.counters().life();
    receive("a/b", document(add("from the future"), new Actor("n1", life + 1_000)));
    assertThat(store.counters().life()).isGreaterThan(life + 1_000);
    assertThat(store.counters().newLives()).isEqualTo(1);
    apply(add("x"));
    assertThat(elements()).containsExactlyInAnyOrder("from the future", "x");
  }

  private void apply(Operation operation) {
    store.submit(KEY, operation, null, results::add);
    store.flush(0);
  }

  private Result last() {
    return results.getLast();
  }

  private Set<String> elements() {
    return store.get(KEY).fields().set("s").elements();
  }

  private void receive(String key, Document document) {
    store.onMulticast(message(key, document), 0);
    store.flush(0);
  }

  private static byte[] message(String key, Document document) {
    return StoreMessage.encode(
        new StoreMessage.Deltas(
            List.of(new StoreMessage.Delta(key, DocumentCodec.encode(document)))));
  }

  private static Document deltaOf(StoreMessage message) {
    try {
      return DocumentCodec.decode(((StoreMessage.Deltas) message).deltas().getFirst().bytes());
    } catch (CodecException e) {
      throw new AssertionError(e);
    }
  }

  private static @Nullable StoreMessage decode(byte[] message) {
    try {
      return StoreMessage.decode(message);
    } catch (CodecException e) {
      throw new AssertionError(e);
    }
  }

  private static Document other(Operation operation) {
    return other(operation, "m1");
  }

  private static Document other(Operation operation, String node) {
    return document(operation, new Actor(node, 1));
  }

  private static Document document(Operation operation, Actor actor) {
    try {
      return Document.EMPTY.apply(operation, actor, 0, 0).document();
    } catch (OperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Operation add(String element) {
    return Operation.Update.field("s", FieldType.SET, new Operation.Add(Set.of(element)));
  }

  private static Operation remove(String element) {
    return Operation.Update.field("s", FieldType.SET, new Operation.Remove(Set.of(element)));
  }

  private static Operation increment(long by) {
    return Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(by));
  }
}
