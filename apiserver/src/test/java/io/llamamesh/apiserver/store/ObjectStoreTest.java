package io.llamamesh.apiserver.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.store.ObjectStore.ExpiredException;
import io.llamamesh.apiserver.store.ObjectStore.StaleWriteException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectStoreTest {
  private static final String BUCKET = "things";
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int WRITES = 2_000;
  private static final int WRITERS = 4;

  private static ObjectKey key(int number) {
    return new ObjectKey(BUCKET, "n" + number % 3, "o" + number);
  }

  private static ObjectNode tree(long value) {
    return Json.object().put("value", value);
  }

  private static Map<ObjectKey, Long> revisions(ObjectStore.Snapshot snapshot) {
    Map<ObjectKey, Long> revisions = new TreeMap<>();
    snapshot.objects().forEach(o -> revisions.put(o.key(), o.revision()));
    return revisions;
  }

  /** Writes at random; loses a race now and then, which is no matter. */
  private static void writeAtRandom(ObjectStore store, long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < WRITES; i++) {
      ObjectKey key = key(random.nextInt(50));
      Stored seen = store.get(key);
      try {
        if (seen == null) {
          store.create(key, tree(i));
        } else if (random.nextInt(4) == 0) {
          store.delete(seen, seen.tree().deepCopy());
        } else {
          store.update(seen, tree(i));
        }
      } catch (StaleWriteException e) {
        assertThat(e).hasMessageContaining("changed meanwhile");
      }
    }
  }

  /** What a list and the changes after it add up to, once they have reached a revision. */
  private static Map<ObjectKey, Long> replay(
      ObjectStore store, ObjectStore.Snapshot from, long upTo)
      throws ExpiredException, InterruptedException {
    Map<ObjectKey, Long> state = revisions(from);
    ObjectStore.Reader reader = store.changesAfter(BUCKET, from.revision());
    long last = from.revision();
    while (last < upTo) {
      List<ObjectChange> changes = reader.next(PATIENCE);
      assertThat(changes).isNotEmpty();
      for (ObjectChange change : changes) {
        assertThat(change.object().revision()).isGreaterThan(last);
        last = change.object().revision();
        if (change instanceof ObjectChange.Deleted) {
          assertThat(state.remove(change.object().key())).isNotNull();
        } else {
          state.put(change.object().key(), last);
        }
      }
    }
    return state;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aListAndTheChangesAfterItAreTheWholeTruthUnderParallelWrites(long seed) throws Exception {
    ObjectStore store = new ObjectStore(WRITES * WRITERS);
    List<ObjectStore.Snapshot> lists = new ArrayList<>();
    try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> done = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        long own = seed * 100 + w;
        done.add(writers.submit(() -> writeAtRandom(store, own)));
      }
      while (done.stream().anyMatch(f -> !f.isDone()) && lists.size() < 200) {
        lists.add(store.list(BUCKET, ""));
      }
      for (Future<?> each : done) {
        each.get();
      }
    }

    Map<ObjectKey, Long> truth = revisions(store.list(BUCKET, ""));
    for (ObjectStore.Snapshot list : lists) {
      assertThat(replay(store, list, store.revision())).isEqualTo(truth);
    }
  }

  @Test
  void aReaderThatFallsBehindFails() throws Exception {
    ObjectStore store = new ObjectStore(5);
    ObjectStore.Reader slow = store.changesAfter(BUCKET, store.revision());
    for (int i = 0; i < 6; i++) {
      store.create(key(i), tree(i));
    }

    assertThatThrownBy(() -> slow.next(PATIENCE)).isInstanceOf(ExpiredException.class);
  }

  @Test
  void aReaderThatKeepsUpIsNot() throws Exception {
    ObjectStore store = new ObjectStore(5);
    ObjectStore.Reader reader = store.changesAfter(BUCKET, store.revision());
    for (int i = 0; i < 20; i++) {
      store.create(key(i), tree(i));

      assertThat(reader.next(PATIENCE)).hasSize(1);
    }
  }

  @Test
  void aWriteOnAnOldVersionChangesNothing() throws Exception {
    ObjectStore store = new ObjectStore(5);
    Stored first = store.create(key(1), tree(1));
    Stored second = store.update(first, tree(2));

    assertThatThrownBy(() -> store.update(first, tree(3))).isInstanceOf(StaleWriteException.class);
    assertThatThrownBy(() -> store.delete(first, tree(3))).isInstanceOf(StaleWriteException.class);
    assertThat(store.get(key(1))).isSameAs(second);
  }

  @Test
  void aNamespaceListsItsOwnOnly() throws Exception {
    ObjectStore store = new ObjectStore(5);
    for (int i = 0; i < 9; i++) {
      store.create(key(i), tree(i));
    }

    assertThat(store.list(BUCKET, "n1").objects())
        .extracting(o -> o.key().name())
        .containsExactly("o1", "o4", "o7");
    assertThat(store.list(BUCKET, "n").objects()).isEmpty();
  }

  @Test
  void closingEndsEveryWait() throws Exception {
    ObjectStore store = new ObjectStore(5);
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      ObjectStore.Reader reader = store.changesAfter(BUCKET, store.revision());
      Future<List<ObjectChange>> waiting = readers.submit(() -> reader.next(Duration.ofDays(1)));

      store.close();

      assertThat(waiting.get()).isEmpty();
    }
  }
}
