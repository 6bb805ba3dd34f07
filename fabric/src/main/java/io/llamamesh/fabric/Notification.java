package io.llamamesh.fabric;

import io.llamamesh.fabric.partition.Partition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change that a fabric notifies its host of. */
public sealed interface Notification {

  /**
   * A member is held for something else than before.
   *
   * @param before null if it was unknown
   */
  record MemberChanged(
      String name, long incarnation, @Nullable MemberState before, MemberState after)
      implements Notification {}

  /**
   * Who cannot reach whom has changed.
   *
   * @param partitions all blocks among members that are up
   */
  record PartitionsChanged(List<Partition> partitions) implements Notification {}

  /** A member that is up has had no link for some seconds, or has one again. */
  record FabricBlocked(String name, boolean isBlocked) implements Notification {}

  /** Somebody else answered where a peer was dialled; the link was closed. */
  record WrongIdentity(String expected, String found, String address) implements Notification {}

  /** Others held a record of this node from another life; it goes on under a greater number. */
  record Reincarnated(long incarnation) implements Notification {}

  /** Enough others have confirmed that this node leaves: it can end. */
  record LeavingKnown() implements Notification {}

  /** Links have changed somewhere; notified at most four times a second. */
  record RoutesChanged() implements Notification {}
}
