package io.llamamesh.bench.process;

import io.llamamesh.process.BoundProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program that runs until it is closed, its output in a file. Belongs to one thread. */
public final class Child implements AutoCloseable {

  private static final long STOP_SECONDS = 10;
  private static final long LOOK_MILLIS = 20;

  private final String name;
  private final Process process;
  private final Path log;
  private boolean suspended;

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a program, which ends with this JVM.
   *
   * @param name for its log and for messages
   * @param environment all that it gets beside PATH and JAVA_HOME
   * @param folder where its log goes
   */
  public static Child start(
      String name, List<String> command, Map<String, String> environment, Path folder)
      throws IOException {
    Path log = Files.createTempFile(folder, name + "-", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().keySet().retainAll(List.of("PATH"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    return new Child(name, BoundProcesses.start(builder), log);
  }

  /** Its number; the same after a shell script has replaced itself by the program. */
  public long pid() {
    return process.pid();
  }

  /** All that it printed so far. */
  public String output() throws IOException {
    return Files.readString(log);
  }

  /**
   * Waits until its output has a match.
   *
   * @throws IOException when it ends before, or takes longer
   */
  public Matcher await(String regex, long seconds) throws IOException, InterruptedException {
    Pattern pattern = Pattern.compile(regex);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (true) {
      boolean alive = process.isAlive();
      Matcher matcher = pattern.matcher(output());
      if (matcher.find()) {
        return matcher;
      }
      if (!alive || System.nanoTime() - end > 0) {
        throw new IOException(name + (alive ? " is not ready: " : " ended: ") + output().strip());
      }
      pause(LOOK_MILLIS, () -> false);
    }
  }

  /**
   * Waits for its end.
   *
   * @return what it printed
   * @throws IOException when it fails or takes longer
   */
  public String awaitEnd(long seconds) throws IOException, InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new IOException(name + " does not end in " + seconds + " s");
    }
    if (process.exitValue() != 0) {
      throw new IOException(name + " failed: " + output().strip());
    }
    return output();
  }

  /**
   * Lets time pass while something runs by itself.
   *
   * @param until ends the wait before
   */
  public static void pause(long millis, BooleanSupplier until) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = end - System.nanoTime();
    while (left > 0 && !until.getAsBoolean()) {
      TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)));
      left = end - System.nanoTime();
    }
  }

  /** Stops it where it is, so that another has the machine for itself. */
  public void suspend() throws IOException, InterruptedException {
    signal("STOP");
    suspended = true;
  }

  /** Lets it go on. */
  public void resume() throws IOException, InterruptedException {
    signal("CONT");
    suspended = false;
  }

  /** Sends it a signal by its name without SIG. */
  public void signal(String signal) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    if (new ProcessBuilder("kill", "-" + signal, pid).start().waitFor() != 0) {
      throw new IOException("no signal " + signal + " to " + name + ", process " + pid);
    }
  }

  /** True when it has not ended yet. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it by force. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Ends it, suspended or not: asked first, then by force. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (suspended) {
        resume();
      }
    } catch (IOException e) {
      // It has ended meanwhile.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
