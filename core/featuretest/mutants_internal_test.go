package featuretest

// The defects of mutants, as what the feature does.
const (
	answersOtherwise              = "answers otherwise than its samples say"
	hasAnOperationWithoutSample   = "has an operation without a sample"
	declaresWhatItNeverAnswers    = "declares an error that it never answers"
	hidesAnError                  = "does not declare an error that a sample wants"
	answersWhatItDoesNotDeclare   = "answers an error that it does not declare"
	hasAFieldWithoutSample        = "has a field without a sample"
	knowsOneSpelling              = "knows one spelling of a field"
	readsOneSpellingOfAddedFields = "reads one spelling of added fields"
	panicsOnLongText              = "panics on a long text"
	repeatsItsInput               = "repeats its input in an error"
	writesShortTimes              = "writes times without fractions"
	leavesNullOut                 = "leaves a null member out"
	addsAMember                   = "adds a member to its answer"
	makesItsOwnChance             = "makes random values of its own"
	servesNobody                  = "serves callers without a session"
	servesOldSessions             = "serves old sessions where a fresh one is needed"
	servesKeysToo                 = "serves keys where a session is needed"
	refusesEveryKey               = "refuses keys where they will do"
	issuesByHand                  = "begins a session without asking"
	issuesAfterADenial            = "begins a session after a denial"
	losesADiversion               = "answers an error in place of a diversion"
	forgivesADenial               = "answers in place of the step that stopped it"
	hasATableWithoutSample        = "has a table without a sample"
	keepsStrayRows                = "keeps rows of users that are gone"
	leadsAnywhere                 = "leads to any URL"
	limitsWhatHasNoRoute          = "limits what has no route"
	limitsTwice                   = "answers that it is limited before it is"
	countsByAddress               = "counts guesses by address"
	needsHTTP                     = "works by HTTP alone"
	takesAnOutageForNothing       = "takes an outage for a missing record"
	answersOutagesAsWrong         = "answers an outage as a wrong code"
	remembersAnOutage             = "does not recover from an outage"
	keepsItsHandle                = "keeps its handle in itself"
	isAcceptedTwice               = "can be given twice"
)

// mutants returns every broken feature.
func mutants() []mutant {
	odd := func(input string) []Sample { return []Sample{{Operation: "POST /note/odd", Input: input}} }
	return []mutant{
		{defect: answersOtherwise, breaks: "Error/AnswersAsSampled", samples: []Sample{{Operation: "POST /note/create", Want: errEmpty}}},
		{defect: answersOtherwise, breaks: "Error/AnswersAsSampled", samples: []Sample{{Operation: "POST /note/create", Input: `{"text":""}`}}},
		{defect: hasAnOperationWithoutSample, breaks: "Error/HasASampleOfEveryOperation"},
		{defect: declaresWhatItNeverAnswers, breaks: "Error/ReachesEveryErrorItDeclares"},
		{defect: hidesAnError, breaks: "Error/AnswersNoErrorThatItDoesNotDeclare"},
		{defect: answersWhatItDoesNotDeclare, breaks: "Error/AnswersNoErrorThatItDoesNotDeclare"},
		{defect: hasAFieldWithoutSample, breaks: "Input/HasASampleOfEveryField", more: odd("")},
		{defect: knowsOneSpelling, breaks: "Input/TakesBothSpellings Input/RefusesTwoSpellingsAtOnce", more: odd(`{"user_name":"ann"}`)},
		{defect: readsOneSpellingOfAddedFields, breaks: "Input/TakesAddedFieldsInBothSpellings"},
		{defect: panicsOnLongText, breaks: "Input/SurvivesWhateverIsSent"},
		{defect: repeatsItsInput, breaks: "Input/RepeatsNothingThatItRefuses"},
		{defect: writesShortTimes, breaks: "Output/WritesTimesWithThreeDigits"},
		{defect: leavesNullOut, breaks: "Output/WritesTheMembersItDeclares"},
		{defect: addsAMember, breaks: "Output/WritesTheMembersItDeclares"},
		{defect: makesItsOwnChance, breaks: "Output/AsksTheAuthForTimeAndChance"},
		{defect: servesNobody, breaks: "Access/RefusesNobody"},
		{defect: servesOldSessions, breaks: "Access/RefusesOldSessions"},
		{defect: servesKeysToo, breaks: "Access/RefusesKeysWhereASessionIsNeeded"},
		{defect: refusesEveryKey, breaks: "Access/ServesKeysElsewhere"},
		{defect: issuesByHand, breaks: "SignIn/AsksFeaturesBeforeASession"},
		{defect: issuesAfterADenial, breaks: "SignIn/BeginsNoSessionAfterADenial SignIn/HandsOutADiversion"},
		{defect: losesADiversion, breaks: "SignIn/HandsOutADiversion"},
		{defect: forgivesADenial, breaks: "SignIn/StopsWhereAStepBeforeItFails"},
		{defect: hasATableWithoutSample, breaks: "Row/FillsEveryTable"},
		{defect: keepsStrayRows, breaks: "Row/DropsRowsWithTheirUser", more: odd("")},
		{defect: leadsAnywhere, breaks: "Redirect/LeadsToNoForeignPlace"},
		{defect: limitsWhatHasNoRoute, breaks: "Limit/HoldsItsLimits"},
		{defect: limitsTwice, breaks: "Limit/HoldsItsLimits"},
		{defect: countsByAddress, breaks: "Limit/CountsGuessesOfEveryAddress"},
		{defect: needsHTTP, breaks: "Call/AnswersAlikeWithoutHTTP"},
		{defect: takesAnOutageForNothing, breaks: "Outage/AnswersAnOutageAs503"},
		{defect: answersOutagesAsWrong, breaks: "Outage/AnswersAnOutageAs503"},
		{defect: remembersAnOutage, breaks: "Outage/WorksAgainAfterAnOutage"},
		{defect: keepsItsHandle, breaks: "Value/KeepsTwoAuthsApart", feature: &kept{}, samples: []Sample{{Operation: "POST /note/create", Input: `{"text":"milk"}`}}},
		{defect: isAcceptedTwice, breaks: "Value/IsRefusedTwice"},
	}
}
