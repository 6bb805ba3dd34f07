package io.llamamesh.testkit.archunit;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** Each rule finds what it is for. */
@SuppressWarnings("UnusedMethod") // what rules find is there to be found
final class ProgramRulesTest {
  private static final String ELSEWHERE = "..elsewhere";
  private static final String HERE = "..testkit.archunit";

  private static final class Unbounded {
    static void http() throws IOException {
      HttpServer.create(new InetSocketAddress(0), 0).stop(0);
    }
  }

  private static final class UnboundedSecure {
    static void https() throws IOException {
      HttpsServer.create().stop(0);
    }
  }

  private static final class Reading {
    static String variable() {
      return String.valueOf(System.getenv("HOME"));
    }
  }

  private static final class Exiting {
    static void end() {
      System.exit(1);
    }
  }

  private static boolean isBroken(ArchRule rule, Class<?>... by) {
    return rule.evaluate(new ClassFileImporter().importClasses(by)).hasViolation();
  }

  @Test
  void serversOfTheJdkAreFound() {
    ArchRule rule = ProgramRules.everyHttpServerIsBounded();
    assertThat(isBroken(rule, Unbounded.class)).isTrue();
    assertThat(isBroken(rule, UnboundedSecure.class)).isTrue();
    assertThat(isBroken(rule, Exiting.class)).isFalse();
  }

  @Test
  void whoReadsTheEnvironmentOrExitsOutsideOfMainIsFound() {
    ArchRule rule = ProgramRules.onlyMainReadsTheEnvironmentOrExits(ELSEWHERE);
    assertThat(isBroken(rule, Reading.class)).isTrue();
    assertThat(isBroken(rule, Exiting.class)).isTrue();
    assertThat(isBroken(rule, Unbounded.class)).isFalse();
  }

  @Test
  void whoImportsMainIsFound() {
    ArchRule rule = ProgramRules.nobodyImportsMain("org.assertj..");
    assertThat(isBroken(rule, ProgramRulesTest.class)).isTrue();
    assertThat(isBroken(ProgramRules.nobodyImportsMain(HERE), Unbounded.class, String.class))
        .isFalse();
  }
}
