namespace DockFlare.Core.Labels;

/// <summary>
/// The letters beyond ASCII that host names may use here: those that non-transitional UTS 46 and IDNA 2008 leave as they are
/// once they are in lower case and composed, in scripts written from left to right. Everything else has to be written as <c>xn--</c>.
/// Made from the Unicode data (14.0); the runtime's own tables depend on ICU, which our images do not have.
/// </summary>
internal static class InternationalLetters
{
    private static readonly (char First, char Last)[] Ranges =
    [
        ('\u00DF', '\u00F6'), ('\u00F8', '\u012F'), ('\u0131', '\u0131'), ('\u0135', '\u013E'), ('\u0142', '\u0148'), ('\u014B', '\u017E'),
        ('\u0180', '\u01C3'), ('\u01CE', '\u01F0'), ('\u01F5', '\u02AF'), ('\u0371', '\u0373'), ('\u0377', '\u0377'), ('\u037B', '\u037D'),
        ('\u0390', '\u0390'), ('\u03AC', '\u03CE'), ('\u03D7', '\u03EF'), ('\u03F3', '\u03F3'), ('\u03F8', '\u0481'), ('\u048B', '\u052F'),
        ('\u0559', '\u0559'), ('\u0560', '\u0586'), ('\u0588', '\u0588'), ('\u10D0', '\u10FA'), ('\u10FD', '\u10FF'), ('\u1E01', '\u1E99'),
        ('\u1E9C', '\u1E9D'), ('\u1E9F', '\u1EFF'), ('\u3005', '\u3005'), ('\u3041', '\u3096'), ('\u309D', '\u309E'), ('\u30A1', '\u30FA'), ('\u30FC', '\u30FE'),
        ('\u3105', '\u312F'), ('\u3400', '\u4DBF'), ('\u4E00', '\u9FFC'), ('\uAC00', '\uD7A3'),
    ];

    // By combining mark: pairs of a letter and what the two compose to (NFC).
    private static readonly (char Mark, string Pairs)[] Compositions =
    [
        ('\u0300', "aàeèiìnǹoòuùwẁyỳâầêềôồüǜăằēḕōṑơờưừеѐиѝ"),
        ('\u0301', "aácćeégǵiíkḱlĺmḿnńoópṕrŕsśuúwẃyýzźâấåǻæǽçḉêếïḯôốõṍøǿüǘăắēḗōṓũṹơớưứαάεέηήιίοόυύωώϊΐϋΰгѓкќ"),
        ('\u0302', "aâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷzẑạậẹệọộ"),
        ('\u0303', "aãeẽiĩnñoõuũvṽyỹâẫêễôỗăẵơỡưữ"),
        ('\u0304', "aāeēgḡiīoōuūyȳäǟæǣõȭöȫüǖǫǭȧǡȯȱиӣуӯḷḹṛṝ"),
        ('\u0306', "aăeĕgğiĭoŏuŭȩḝаӑеӗжӂийуўạặ"),
        ('\u0307', "aȧbḃcċdḋeėfḟgġhḣmṁnṅoȯpṗrṙsṡtṫwẇxẋyẏzżśṥšṧṣṩ"),
        ('\u0308', "aäeëhḧiïoötẗuüwẅxẍyÿõṏūṻιϊυϋаӓеёжӝзӟиӥоӧуӱчӵыӹэӭіїәӛөӫ"),
        ('\u0309', "aảeẻiỉoỏuủyỷâẩêểôổăẳơởưử"),
        ('\u030a', "aåuůwẘyẙ"),
        ('\u030b', "oőuűуӳ"),
        ('\u030c', "aǎcčdďeěgǧhȟiǐjǰkǩlľnňoǒrřsštťuǔzžüǚʒǯ"),
        ('\u030f', "aȁeȅiȉoȍrȑuȕѵѷ"),
        ('\u0311', "aȃeȇiȋoȏrȓuȗ"),
        ('\u031b', "oơuư"),
        ('\u0323', "aạbḅdḍeẹhḥiịkḳlḷmṃnṇoọrṛsṣtṭuụvṿwẉyỵzẓơợưự"),
        ('\u0324', "uṳ"),
        ('\u0325', "aḁ"),
        ('\u0326', "sștț"),
        ('\u0327', "cçdḑeȩgģhḩkķlļnņrŗsştţ"),
        ('\u0328', "aąeęiįoǫuų"),
        ('\u032d', "dḓeḙlḽnṋtṱuṷ"),
        ('\u032e', "hḫ"),
        ('\u0330', "eḛiḭuṵ"),
        ('\u0331', "bḇdḏhẖkḵlḻnṉrṟtṯzẕ"),
        ('\u3099', "うゔかがきぎくぐけげこごさざしじすずせぜそぞただちぢつづてでとどはばひびふぶへべほぼゝゞウヴカガキギクグケゲコゴサザシジスズセゼソゾタダチヂツヅテデトドハバヒビフブヘベホボワヷヰヸヱヹヲヺヽヾ"),
        ('\u309a', "はぱひぴふぷへぺほぽハパヒピフプヘペホポ"),
    ];

    /// <summary>Whether a lower-case letter is one of them.</summary>
    public static bool Contains(char letter)
    {
        foreach (var (first, last) in Ranges)
        {
            if (letter <= last)
            {
                return letter >= first;
            }
        }

        return false;
    }

    /// <summary>What a lower-case letter and the combining mark behind it compose to; the null character when they do not.</summary>
    public static char Compose(char letter, char mark)
    {
        foreach (var (candidate, pairs) in Compositions)
        {
            if (candidate != mark)
            {
                continue;
            }

            for (var i = 0; i < pairs.Length; i += 2)
            {
                if (pairs[i] == letter)
                {
                    return pairs[i + 1];
                }
            }
        }

        return '\0';
    }
}
