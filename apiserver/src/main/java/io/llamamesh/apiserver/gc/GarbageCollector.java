package io.llamamesh.apiserver.gc;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.objects.ObjectService;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.ObjectChange;
import io.llamamesh.apiserver.store.ObjectKey;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.store.ObjectStore.StaleWriteException;
import io.llamamesh.apiserver.store.Stored;
import io.llamamesh.apiserver.types.Catalog;
import io.llamamesh.apiserver.types.ResourceType;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes in the background, on one thread of its own: objects whose owners are all gone, what is
 * in a namespace being deleted, and resources whose definition is gone.
 */
public final class GarbageCollector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GarbageCollector.class);
  private static final String NAMESPACES = "namespaces";
  private static final String CRDS = "customresourcedefinitions.apiextensions.k8s.io";

  private final ObjectStore store;
  private final Catalog catalog;
  private final ObjectService objects;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final OwnerIndex index = new OwnerIndex();

  /** Each place once, so never more than there are objects. */
  private final Set<ObjectKey> waiting = new LinkedHashSet<>();

  private final Thread thread;

  /** Starts collecting. The store must be empty, so that every object is known. */
  public GarbageCollector(ObjectStore store, Catalog catalog, ObjectService objects) {
    this.store = store;
    this.catalog = catalog;
    this.objects = objects;
    store.listen(this::follow);
    this.thread = Thread.ofVirtual().name("apiserver-gc").start(this::run);
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void follow(ObjectChange change) {
    lock.lock();
    try {
      index.follow(change);
      ObjectKey key = change.object().key();
      if (change instanceof ObjectChange.Deleted deleted) {
        waiting.addAll(index.dependentsOf(deleted.previous().uid()));
        if (key.bucket().equals(CRDS)) {
          waiting.add(key);
        } else if (!key.namespace().isEmpty()) {
          waiting.add(new ObjectKey(NAMESPACES, "", key.namespace()));
        }
      } else if (key.bucket().equals(NAMESPACES) || index.hasMissingOwner(change.object())) {
        waiting.add(key);
      }
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (true) {
        ObjectKey key = next();
        try {
          examine(key);
        } catch (ApiProblem e) {
          // Gone or changed meanwhile: the change itself has brought it back here if need be.
          LOG.debug("not collected key={} why={}", key, e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ObjectKey next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty()) {
        work.await();
      }
      Iterator<ObjectKey> first = waiting.iterator();
      ObjectKey key = first.next();
      first.remove();
      return key;
    } finally {
      lock.unlock();
    }
  }

  private void examine(ObjectKey key) {
    Stored object = store.get(key);
    if (key.bucket().equals(CRDS) && object == null) {
      store.list(key.name(), "").objects().forEach(this::remove);
    } else if (key.bucket().equals(NAMESPACES)) {
      if (object != null && object.tree().path("metadata").has("deletionTimestamp")) {
        emptyNamespace(object);
      }
    } else if (object != null) {
      collect(object);
    }
  }

  private void collect(Stored object) {
    boolean isOwned = false;
    lock.lock();
    try {
      for (JsonNode owner : object.tree().path("metadata").path("ownerReferences")) {
        isOwned |= index.hasObject(Json.text(owner, "uid"));
      }
    } finally {
      lock.unlock();
    }
    if (!isOwned) {
      delete(object);
    }
  }

  private void emptyNamespace(Stored namespace) {
    boolean empty = true;
    for (ResourceType type : catalog.all()) {
      if (type.isNamespaced()) {
        for (Stored object : store.list(type.bucket(), namespace.key().name()).objects()) {
          delete(object);
          empty = false;
        }
      }
    }
    if (empty) {
      remove(namespace);
    }
  }

  private void delete(Stored object) {
    ResourceType type = catalog.anyVersion(object.key().bucket());
    if (type != null) {
      try {
        objects.delete(type, object.key().namespace(), object.key().name(), object.uid(), "");
      } catch (ApiProblem e) {
        LOG.debug("not deleted key={} why={}", object.key(), e.getMessage());
      }
    }
  }

  /** Ends an object whatever its finalizers say: nobody could take them off any more. */
  private void remove(Stored object) {
    try {
      store.delete(object, object.tree().deepCopy());
    } catch (StaleWriteException e) {
      again(object.key());
    }
  }

  private void again(ObjectKey key) {
    lock.lock();
    try {
      waiting.add(key);
      work.signal();
    } finally {
      lock.unlock();
    }
  }
}
