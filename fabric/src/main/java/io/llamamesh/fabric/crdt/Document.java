package io.llamamesh.fabric.crdt;

import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A map of typed fields as one replica has it, with all that the replica has seen of it. Replicas
 * that have seen the same are equal.
 *
 * <p>A delta is a document, too: one that claims to have seen only what an operation made and
 * removed. Joining the deltas of operations, in any order and any number of times, gives the same
 * as joining the states after them.
 *
 * @param root the fields
 * @param context all dots seen; contains every dot of the fields
 */
public record Document(FieldMap root, CausalContext context) {

  /** The document that nobody has written. */
  public static final Document EMPTY = new Document(FieldMap.EMPTY, CausalContext.EMPTY);

  /**
   * Result of an operation.
   *
   * @param document the state after it
   * @param delta what other replicas need to get there; empty when nothing changed
   */
  public record Applied(Document document, Document delta) {

    /** True when the operation changed anything. */
    public boolean hasChanged() {
      return !delta.context().isEmpty();
    }
  }

  /** True when every field is empty; what was removed is still remembered as seen. */
  public boolean isEmpty() {
    return root.isEmpty();
  }

  /** The join of both: commutative, associative, idempotent. */
  public Document join(Document other) {
    if (equals(other)) {
      return this;
    }
    Document joined =
        new Document(
            (FieldMap) root.join(context, other.root, other.context), context.join(other.context));
    return joined.equals(this) ? this : joined;
  }

  /**
   * Does an operation on the outermost map.
   *
   * <p>Lives of the actor's node that are over are merged on the way: all before the last one that
   * wrote here, as far as they are {@code settled} and nothing of them is missing. That bounds the
   * context. The delta is the whole document then, since a floor claims more than an operation
   * makes.
   *
   * @param actor who writes; nobody else ever writes under this name
   * @param timestampMillis the writer's wall clock, ms since 1970, for registers
   * @param settledLife lives of the node below this one are known to be complete here
   * @throws OperationException when the operation does not fit its field or breaks a bound; nothing
   *     is changed then
   */
  public Applied apply(Operation operation, Actor actor, long timestampMillis, long settledLife)
      throws OperationException {
    checkDepth(operation, 1);
    Document merged = mergeLives(actor, settledLife);
    DotWriter writer =
        new DotWriter(
            actor,
            merged.context.lastEvent(actor),
            Math.clamp(timestampMillis, 0, DocumentLimits.MAX_TIMESTAMP));
    FieldMap changed = (FieldMap) merged.root.apply(operation, writer);
    if (writer.writes() > 0 && changed.countDots() > DocumentLimits.MAX_DOTS) {
      throw new OperationException(
          "more than " + DocumentLimits.MAX_DOTS + " elements and values in one document");
    }
    boolean isMerged = !merged.equals(this);
    if (!writer.hasChanged() && !isMerged) {
      return new Applied(this, EMPTY);
    }
    Document after = new Document(changed, merged.context.join(writer.made()));
    Document delta =
        isMerged ? after : new Document((FieldMap) changed.retain(writer::made), writer.touched());
    return new Applied(after, delta);
  }

  /**
   * Merges the earlier lives of a node, see {@link #apply}. To be done by the node itself only.
   *
   * @param actor the node in its present life
   * @param settledLife lives of the node below this one are known to be complete here
   * @return this document when there is nothing to merge
   */
  public Document mergeLives(Actor actor, long settledLife) {
    long floor = mergeableFloor(actor, settledLife);
    if (floor <= context.floor(actor.node())) {
      return this;
    }
    FieldMap merged = (FieldMap) root.mergeLives(actor.node(), floor);
    return new Document(merged, context.withFloor(actor.node(), floor));
  }

  /**
   * The last life before the present one, or the first with gaps, or the settled one. A gap that is
   * never filled, since its only copy went with a disk, is waited for through some lives.
   */
  private long mergeableFloor(Actor actor, long settledLife) {
    SortedMap<Long, Ranges> earlier =
        context.clock(actor.node()).lives().headMap(actor.life(), false);
    boolean waiting = earlier.size() <= DocumentLimits.MAX_WAITING_LIVES;
    long floor = 0;
    for (Map.Entry<Long, Ranges> life : earlier.entrySet()) {
      floor = Math.min(life.getKey(), settledLife);
      if (life.getKey() >= settledLife || (waiting && !life.getValue().isWithoutGaps())) {
        break;
      }
    }
    // Lives between the floor and the one before it never wrote here: nothing to gain by them.
    return earlier.headMap(floor).isEmpty() ? 0 : floor;
  }

  /**
   * Gives what one actor wrote to another of the same node, under new dots. For a node that learns
   * that the life it wrote in lies below what others hold as seen: they would drop those writes.
   *
   * @return this document when nothing of that actor is in it
   */
  public Document rename(Actor from, Actor to) {
    DotWriter writer = new DotWriter(to, context.lastEvent(to), 0);
    FieldMap renamed =
        (FieldMap) root.rename(dot -> dot.actor().equals(from) ? writer.next() : dot);
    if (writer.writes() == 0) {
      return this;
    }
    return new Document(renamed, context.join(writer.made()));
  }

  /** True for the same object, without a look into it, and for one that is equal. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof Document document
            && context.equals(document.context)
            && root.equals(document.root));
  }

  @Override
  public int hashCode() {
    return Objects.hash(root, context);
  }

  /** Refuses an operation on maps that are nested too deep, before anything follows it there. */
  private static void checkDepth(Operation operation, int depth) throws OperationException {
    if (depth > DocumentLimits.MAX_DEPTH) {
      throw new OperationException("maps nested deeper than " + DocumentLimits.MAX_DEPTH);
    }
    if (operation instanceof Operation.Update(var changes)) {
      for (Operation.FieldChange change : changes) {
        if (change instanceof Operation.ChangeField(Field field, Operation nested)
            && field.type() == FieldType.MAP) {
          checkDepth(nested, depth + 1);
        }
      }
    }
  }
}
