package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.store.StoreService;
import java.io.IOException;
import java.util.List;

/**
 * State that a node keeps from one life to the next. Called by the node's thread; the disk of its
 * store by the store's.
 */
public interface FabricPersistence {

  /** The incarnation that was stored last; 0 where none is left. */
  long incarnation();

  /**
   * Stores the incarnation.
   *
   * @throws IOException where it is not safe on disk
   */
  void storeIncarnation(long incarnation) throws IOException;

  /** Members that the last life knew, with the ages that their ads have by now. */
  List<AgedAd> members();

  /** Takes the members that are known now; must return at once. */
  void storeMembers(List<AgedAd> members);

  /** The disk of the replicated store; unless overridden one that keeps nothing. */
  default StoreService.Disk storeDisk() {
    return StoreService.Disk.none();
  }
}
