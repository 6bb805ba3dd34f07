package io.llamamesh.agent.auth;

import io.llamamesh.auth.ProgramGrants;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials of programs from {@code programs.json} beside keys and tokens, read every ten
 * seconds. A file that is not there has none; an unusable one leaves the last good state in force.
 * Any thread may ask; {@link #close} ends the thread that reads.
 */
public final class ProgramFile implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ProgramFile.class);
  private static final long REFRESH_SECONDS = 10;

  private final Path file;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile ProgramGrants grants = ProgramGrants.NONE;
  private volatile @Nullable String problem;

  private ProgramFile(Path file) {
    this.file = file;
    this.thread = Thread.ofVirtual().name("program-file").unstarted(this::run);
  }

  /** Reads the file of a folder and follows its changes. */
  public static ProgramFile open(Path folder) {
    ProgramFile opened = read(folder);
    opened.thread.start();
    return opened;
  }

  /** Reads the file, and follows it only as far as {@link #refresh} is called. */
  static ProgramFile read(Path folder) {
    ProgramFile opened = new ProgramFile(folder.resolve(ProgramGrants.FILE));
    opened.refresh();
    return opened;
  }

  /** The credentials that are valid now. */
  public ProgramGrants grants() {
    return grants;
  }

  /** Reason why the newest file is not in use; null when it is. */
  public @Nullable String problem() {
    return problem;
  }

  private void run() {
    try {
      while (!stop.await(REFRESH_SECONDS, TimeUnit.SECONDS)) {
        refresh();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads the file again. */
  void refresh() {
    try {
      ProgramGrants next = ProgramGrants.read(file);
      if (!next.equals(grants)) {
        LOG.info("credentials of programs read programs={}", next.grants().size());
      }
      grants = next;
      problem = null;
    } catch (IOException | RuntimeException e) {
      String said = String.valueOf(e.getMessage());
      if (!said.equals(problem)) {
        problem = said;
        LOG.warn("credentials of programs not usable, keeping the last good ones error={}", said);
      }
    }
  }

  @Override
  public void close() {
    stop.countDown();
  }
}
