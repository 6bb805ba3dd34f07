package io.llamamesh.registry;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llamamesh.testkit.archunit.ProgramRules;

/** Who may know whom. */
@AnalyzeClasses(
    packages = "io.llamamesh.registry",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("io.llamamesh.registry.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theDirectoryIsPure =
      noClasses()
          .that()
          .resideInAPackage("..registry.directory..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.nio.file..",
              "java.util.concurrent..",
              "org.slf4j..",
              "..registry.http..",
              "..registry.store..",
              "..registry.main..")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis");

  @ArchTest
  static final ArchRule everyHttpServerIsBounded = ProgramRules.everyHttpServerIsBounded();

  @ArchTest
  static final ArchRule onlyMainReadsTheEnvironmentOrExits =
      ProgramRules.onlyMainReadsTheEnvironmentOrExits("..registry.main..");

  @ArchTest
  static final ArchRule nobodyKnowsTheOtherPrograms =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.llamamesh.agent..", "io.llamamesh.operator..", "io.llamamesh.scraper..");
}
