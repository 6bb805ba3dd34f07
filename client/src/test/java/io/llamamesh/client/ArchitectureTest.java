package io.llamamesh.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.llamamesh.client", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule CLIENTS_KNOW_RESULTS_ONLY =
      classes()
          .that()
          .resideInAPackage("io.llamamesh.client..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "com.fasterxml.jackson..",
              "org.jspecify..",
              "io.llamamesh.client..",
              "io.llamamesh.results..",
              "com.sun.net.httpserver..");

  @ArchTest
  static final ArchRule ONLY_THE_FAKE_IS_A_SERVER =
      noClasses()
          .that()
          .resideInAPackage("io.llamamesh.client")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.sun.net.httpserver..", "io.llamamesh.client.fake..");
}
