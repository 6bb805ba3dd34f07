package io.llamamesh.agent.netns;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A thread that has moved into a network namespace (setns(2)). Sockets that it opens and platform
 * threads that it starts belong there too, so that parts of the agent can run in several namespaces
 * in one process.
 */
final class NamespaceThread implements AutoCloseable {

  private static final int CLONE_NEWNET = 0x40000000;
  private static final int O_RDONLY_CLOEXEC = 0x80000;
  private static final int PATIENCE_SECONDS = 60;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle SETNS =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("setns"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final ExecutorService thread;

  NamespaceThread(String namespace) {
    thread =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon(true).name("in " + namespace).factory());
    call(() -> {
      enter("/run/netns/" + namespace);
      return namespace;
    });
  }

  private static void enter(String path) {
    try (Arena arena = Arena.ofConfined()) {
      int fd = (int) OPEN.invokeExact(arena.allocateFrom(path), O_RDONLY_CLOEXEC);
      int entered = fd < 0 ? fd : (int) SETNS.invokeExact(fd, CLONE_NEWNET);
      int closed = fd < 0 ? fd : (int) CLOSE.invokeExact(fd);
      if (entered != 0 || closed != 0) {
        throw new IllegalStateException("cannot enter " + path);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new IllegalStateException(t);
    }
  }

  /** Does something inside and waits for it. */
  <T> T call(Callable<T> work) {
    try {
      return thread.submit(work).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
