package io.llamamesh.fabric.crdt;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Replicas of one document that do random operations, restart, and exchange states and deltas in
 * any order, some of them twice or never.
 */
final class Replicas {

  private static final List<String> NAMES = List.of("a", "b", "c");

  private final SplittableRandom random;
  private final List<Document> documents = new ArrayList<>();
  private final List<Long> lives = new ArrayList<>();
  private final List<Document> deltas = new ArrayList<>();
  private long timestamp;

  Replicas(SplittableRandom random, int count) {
    this.random = random;
    for (int i = 0; i < count; i++) {
      documents.add(Document.EMPTY);
      lives.add(1L + random.nextInt(5));
    }
  }

  static Replicas played(SplittableRandom random, int count, int steps) {
    Replicas replicas = new Replicas(random, count);
    for (int i = 0; i < steps; i++) {
      replicas.step();
    }
    return replicas;
  }

  List<Document> documents() {
    return documents;
  }

  /** The deltas of all operations of all replicas. */
  List<Document> deltas() {
    return deltas;
  }

  Document any() {
    return documents.get(random.nextInt(documents.size()));
  }

  Document joined() {
    return documents.stream().reduce(Document.EMPTY, Document::join);
  }

  private void step() {
    int replica = random.nextInt(documents.size());
    int other = random.nextInt(documents.size());
    switch (random.nextInt(10)) {
      case 0, 1 -> documents.set(replica, documents.get(replica).join(documents.get(other)));
      case 2 -> {
        if (!deltas.isEmpty()) {
          Document delta = deltas.get(random.nextInt(deltas.size()));
          documents.set(replica, documents.get(replica).join(delta));
        }
      }
      case 3 -> lives.set(replica, lives.get(replica) + 1 + random.nextInt(3));
      default -> operate(replica, operation(1));
    }
  }

  void operate(int replica, Operation operation) {
    Actor actor = new Actor("n" + replica, lives.get(replica));
    try {
      Document.Applied applied =
          documents.get(replica).apply(operation, actor, ++timestamp, lives.get(replica));
      documents.set(replica, applied.document());
      if (applied.hasChanged()) {
        deltas.add(applied.delta());
      }
    } catch (OperationException e) {
      throw new AssertionError(e);
    }
  }

  void restart(int replica) {
    lives.set(replica, lives.get(replica) + 1);
  }

  private Operation operation(int depth) {
    if (random.nextInt(20) == 0) {
      return new Operation.Clear();
    }
    List<Operation.FieldChange> changes = new ArrayList<>();
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      changes.add(change(depth));
    }
    return new Operation.Update(changes);
  }

  private Operation.FieldChange change(int depth) {
    FieldType type = List.of(FieldType.values()).get(random.nextInt(depth < 3 ? 5 : 4));
    Field field = new Field(name(), type);
    if (random.nextInt(6) == 0) {
      return new Operation.RemoveField(field);
    }
    return new Operation.ChangeField(
        field,
        switch (type) {
          case COUNTER -> new Operation.Increment(random.nextInt(11) - 5);
          case FLAG -> random.nextBoolean() ? new Operation.Enable() : new Operation.Disable();
          case REGISTER -> new Operation.Assign("v" + random.nextInt(100));
          case SET ->
              random.nextInt(3) > 0
                  ? new Operation.Add(Set.of(name(), name() + "x"))
                  : new Operation.Remove(Set.of(name()));
          case MAP -> operation(depth + 1);
        });
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }
}
