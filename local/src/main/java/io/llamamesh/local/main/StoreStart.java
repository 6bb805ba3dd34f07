package io.llamamesh.local.main;

import io.llamamesh.local.store.EmbeddedStore;
import io.llamamesh.local.store.SqlStore;
import io.llamamesh.runtime.CloseStack;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded store while it starts: it takes as long as everything else together, so it starts
 * beside it, on a port that the mesh already names; its tables are there long before the first
 * window is.
 */
final class StoreStart implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreStart.class);

  private final CloseStack opened = new CloseStack();
  private final FutureTask<@Nullable SqlStore> task;

  private StoreStart(boolean wanted, Path folder, int port) {
    task =
        new FutureTask<>(() -> {
          if (!wanted) {
            return null;
          }
          EmbeddedStore started = opened.register(EmbeddedStore.start(folder, port));
          SqlStore sql = opened.register(new SqlStore(started.url()));
          sql.createTables();
          return sql;
        });
  }

  /**
   * Begins.
   *
   * @param wanted false: there is nothing to start
   */
  static StoreStart begin(boolean wanted, Path folder, int port) {
    StoreStart start = new StoreStart(wanted, folder, port);
    Thread.ofPlatform().name("store-start").start(start.task);
    return start;
  }

  /** The store once it is there; null where none was wanted. */
  @Nullable SqlStore await() throws Exception {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** Ends the store, or waits for its start first: halfway it cannot be ended. */
  @Override
  public void close() {
    try {
      task.get();
    } catch (ExecutionException e) {
      LOG.debug("the store did not start, which whoever waits for it is thrown", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      opened.close();
    }
  }
}
