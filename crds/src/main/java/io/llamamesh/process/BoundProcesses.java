package io.llamamesh.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Processes that the kernel kills when this JVM ends, however it ends, where the system has {@code
 * setpriv}; elsewhere plain processes.
 *
 * <p>The kernel's parent death signal (prctl(2), PR_SET_PDEATHSIG) follows the thread that started
 * a process, not its process: a pool's worker that has nothing to do for a while would take what it
 * started with it. So one thread that never ends starts them all, and any thread may call.
 */
public final class BoundProcesses {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "process-starter");
        thread.setDaemon(true);
        return thread;
      });

  private BoundProcesses() {}

  /**
   * Starts a process. An interrupt does not end the wait, which is short, and is kept.
   *
   * @param builder its command is run as it is; the builder itself is left as it was
   * @throws IOException where it does not start
   */
  public static Process start(ProcessBuilder builder) throws IOException {
    List<String> own = List.copyOf(builder.command());
    List<String> line = new ArrayList<>();
    if (Files.isExecutable(SETPRIV)) {
      line.addAll(List.of(SETPRIV.toString(), "--pdeathsig", "KILL"));
    }
    line.addAll(own);
    Future<Process> started = STARTER.submit(() -> builder.command(line).start());
    try {
      return awaitStarted(started);
    } catch (ExecutionException e) {
      throw new IOException(own + " does not start: " + e.getCause(), e);
    } finally {
      builder.command(own);
    }
  }

  private static Process awaitStarted(Future<Process> started) throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return started.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
